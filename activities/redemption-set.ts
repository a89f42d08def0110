import { awaitVoucher, changeUses, findCodes, lockFreeVouchers, lookUpCustomers, type CheckoutCustomer } from '../db/checkout.ts';
import { readStacks, readTiers, shareTierCounting } from '../db/checkout-promotions.ts';
import type { Sql } from '../db/client.ts';
import { insertEvents } from '../db/events.ts';
import { findStored, keyLocks, keyReused, remember, type StoredAnswer } from '../db/idempotency.ts';
import { pipelined, type Pipeline } from '../db/pipeline.ts';
import { checkCounting, writeCounters } from '../db/counters.ts';
import { insertGiftTransactions } from '../db/gift-transactions.ts';
import { lockOrderNames, lockOrders, writeOrders } from '../db/orders.ts';
import { insertReferrals } from '../db/referrals.ts';
import { insertRedemptions } from '../db/redemptions.ts';
import { insertSessionLocks, releaseSessionLocks } from '../db/session-locks.ts';
import { DomainError } from '../domain/errors.ts';
import { refused, type CheckoutAnswer } from './checkout-answer.ts';
import { takeCounts, type SetCounts } from './checkout-counts.ts';
import { questionOf, type Question } from './checkout-decision.ts';
import type { CheckoutRequest } from './checkout-request.ts';
import { createKeptOrders, orderNamesOf, type KeptOrders } from './kept-orders.ts';
import { askedPromotionsOf, NO_PROMOTIONS, promotionsOf, type Promotions } from './promotions.ts';
import { refusedTurn, takeTurn, type Turn } from './redemption-turn.ts';
import { readUnits } from './known-units.ts';
import { readFacts } from './request-facts.ts';
import type { TraceBuffer } from './validation-traces.ts';
import type { KnownVoucher, VoucherStates } from './voucher-states.ts';

/** What a checkout asks to redeem, as plain JSON. */
export interface RedeemRequest extends CheckoutRequest {
  idempotencyKey: string;
  /** SHA-256 of method, path and body, in base64. */
  requestHash: string;
}

/** A request in a set, with the codes as they are looked up. */
export interface SetMember {
  request: RedeemRequest;
  codeKeys: string[];
  /** True once what the request tells of its customer was written. */
  customerWritten: boolean;
  /** `lock`: a validation that holds what applies for its session. */
  what: 'redeem' | 'lock';
}

/** How a request came out of a set: answered, or what stands in its way. */
export type Verdict =
  | { kind: 'answered'; answer: CheckoutAnswer }
  /** The same key runs in another process. */
  | { kind: 'key held' }
  /** Somebody else holds this voucher's row. */
  | { kind: 'voucher held'; codeKey: string }
  /** The customer is new, or the request tells something new of them: to be written first, since customers are locked before vouchers. */
  | { kind: 'customer to write' };

/** What changes the ledger. */
export interface LedgerDeps {
  sql: Sql;
  states: VoucherStates;
  /** Real time. */
  now: () => Date;
}

export interface SetDeps extends LedgerDeps {
  traces: TraceBuffer;
}

const LOCK_WAIT_MS = 250;

/** What the first round trip found, the locks held. */
interface Found {
  keys: Set<string>;
  stored: Map<string, StoredAnswer>;
  customerOf: (request: RedeemRequest) => CheckoutCustomer | undefined;
  /** The vouchers that are locked now. */
  vouchers: Map<string, KnownVoucher>;
  promotions: Promotions;
  /** Codes whose rows somebody else holds. */
  held: Set<string>;
  orders: KeptOrders;
}

/**
 * Redeems a set of requests of one project in one transaction and two round trips: lock and read; then, the pure core having decided
 * each in turn with the counters as they change, write everything and commit. One more, in between, where limits, rules or sessions
 * bound what is redeemed. No two requests of a set have the same key.
 * @param lane a code to wait for a moment where somebody holds its row; others that are held are left out
 * @throws what Postgres says; nothing of the set is done then
 */
export const redeemSet = (
  { sql, states, traces, now }: SetDeps,
  projectId: string,
  members: SetMember[],
  lane: string | null,
): Promise<Verdict[]> =>
  pipelined(sql, async (pipeline) => {
    const found = await lockAndRead(pipeline, states, projectId, members, lane);
    const time = now();
    const asked = members.map((member) => hindrance(member, found) ?? { kind: 'to decide' as const, question: ask(member, found, time) });
    const questions = asked.flatMap((each) => (each.kind === 'to decide' ? [each.question] : []));
    if (asked.every((each) => each.kind !== 'to decide' && each.kind !== 'refused')) return asked;
    const counts = await takeCounts(pipeline, projectId, questions, members[0]!.request.project.timezone, time);
    const factsOf = await readFacts(pipeline.db, projectId, questions, time);
    const units = await readUnits(pipeline.db, projectId, questions);
    const decided: DecidedRequest[] = [];
    const verdicts = asked.map((each, index): Verdict => {
      if (each.kind !== 'to decide' && each.kind !== 'refused') return each;
      const { request, what } = members[index]!;
      const turn =
        each.kind === 'refused'
          ? refusedTurn(each.error, request.requestId)
          : takeTurn(each.question, what, { counts, orders: found.orders, facts: factsOf(each.question), units, time });
      const body = JSON.stringify(turn.body);
      decided.push({ request, turn, body });
      return { kind: 'answered', answer: { status: turn.status, body, replayed: false } };
    });
    await write(pipeline, projectId, { decided, counts, counting: countingOf(found), orders: found.orders }, time);
    for (const { turn } of decided) if (turn.trace) traces.add(turn.trace);
    return verdicts;
  });

interface DecidedRequest {
  request: RedeemRequest;
  turn: Turn;
  body: string;
}

const ask = ({ request }: SetMember, found: Found, time: Date): Question =>
  questionOf(request, found, found.customerOf(request), time.getTime());

/** With which number each campaign was read, to be checked before the commit. */
const countingOf = ({ vouchers, promotions }: Found): Map<string, number> =>
  new Map(
    [...vouchers.values(), ...promotions.tiers.values()].flatMap(({ campaign, counting }) =>
      campaign && counting !== null ? [[campaign.id, counting]] : [],
    ),
  );

const lockAndRead = async (
  pipeline: Pipeline,
  states: VoucherStates,
  projectId: string,
  members: SetMember[],
  lane: string | null,
): Promise<Found> => {
  const { db, send } = pipeline;
  const keys = members.map((member) => member.request.idempotencyKey);
  const codeKeys = [...new Set(members.flatMap((member) => member.codeKeys))];
  const named = members.flatMap((member) => member.request.customer ?? []);
  const customers = named.length > 0 ? lookUpCustomers(db, projectId, named) : null;
  const keysLocked = send(keyLocks(db, projectId, keys));
  const answersStored = send(findStored(db, projectId, keys));
  const customersRead = customers && send(customers.rows);
  if (lane !== null) for (const query of awaitVoucher(db, projectId, lane, LOCK_WAIT_MS)) void send(query);
  const vouchersRead = send(lockFreeVouchers(db, projectId, codeKeys));
  const asked = askedPromotionsOf(members.map((member) => member.request));
  if (asked) void send(shareTierCounting(db, projectId, asked));
  const promotionsRead = asked ? ([send(readTiers(db, projectId, asked)), send(readStacks(db, projectId, asked.stackIds))] as const) : null;
  const orderNames = orderNamesOf(members.map((member) => member.request.order));
  if (orderNames.length > 0) void send(lockOrderNames(db, projectId, orderNames));
  const ordersRead = orderNames.length > 0 ? send(lockOrders(db, projectId, orderNames)) : Promise.resolve([]);

  const read = [keysLocked, answersStored, customersRead, vouchersRead, ordersRead] as const;
  const [lockedKeys, stored, rows, vouchers, orders] = await Promise.all(read);
  const match = customers && rows ? customers.match(rows) : () => undefined;
  const promotions = promotionsRead
    ? await promotionsOf(db, states.rules, projectId, await promotionsRead[0], await promotionsRead[1])
    : NO_PROMOTIONS;
  const found = await states.statesOf(db, projectId, vouchers);
  const absent = codeKeys.filter((key) => !found.has(key));
  const held = absent.length > 0 ? await send(findCodes(db, projectId, absent)) : [];
  return {
    keys: new Set(lockedKeys.filter((row) => row.locked).map((row) => row.key)),
    stored: new Map(stored.map((answer) => [answer.key, answer])),
    customerOf: ({ customer }) => (customer ? match(customer) : undefined),
    vouchers: found,
    promotions,
    held: new Set(held.map((row) => row.codeKey)),
    orders: createKeptOrders(projectId, orders),
  };
};

/** Why a request is not decided in this set; null where it is. */
const hindrance = (
  { request, codeKeys, customerWritten, what }: SetMember,
  found: Found,
): Verdict | { kind: 'refused'; error: DomainError } | null => {
  if (!found.keys.has(request.idempotencyKey)) return { kind: 'key held' };
  const stored = found.stored.get(request.idempotencyKey);
  if (stored) return { kind: 'answered', answer: replayOf(stored, request) };
  const { customer: named } = request;
  if (named) {
    const customer = found.customerOf(request);
    const isNameless = !customer && named.sourceId === undefined;
    if (isNameless && what === 'redeem') return { kind: 'refused', error: unknownCustomer(named.id) };
    if (!isNameless && !customerWritten && (!customer || customer.changed)) return { kind: 'customer to write' };
  }
  const held = codeKeys.find((key) => found.held.has(key));
  if (held !== undefined) return { kind: 'voucher held', codeKey: held };
  const refusal = what === 'redeem' && request.order && found.orders.refusalOf(request.order);
  return refusal ? { kind: 'refused', error: refusal } : null;
};

const replayOf = (stored: StoredAnswer, { idempotencyKey, requestHash }: RedeemRequest): CheckoutAnswer =>
  stored.requestHash.toString('base64') === requestHash
    ? { status: stored.status, body: stored.body, replayed: true }
    : refused(keyReused(idempotencyKey));

const unknownCustomer = (id: string | undefined): DomainError =>
  new DomainError('resource_not_found', 'Resource not found', {
    details: `Cannot find customer with id ${id}`,
    resource: { id, type: 'customer' },
  });

const write = async (
  { db, send, commit }: Pipeline,
  projectId: string,
  {
    decided,
    counts,
    counting,
    orders,
  }: { decided: DecidedRequest[]; counts: SetCounts; counting: Map<string, number>; orders: KeptOrders },
  time: Date,
): Promise<void> => {
  if (counting.size > 0) void send(checkCounting(db, projectId, counting));
  const all = <K extends 'uses' | 'spent' | 'redemptions' | 'events' | 'released' | 'locks' | 'referrals'>(what: K) =>
    decided.flatMap(({ turn }) => turn[what] as Turn[K][number][]);
  const [uses, spent, redemptions, released, locks] = [all('uses'), all('spent'), all('redemptions'), all('released'), all('locks')];
  const referrals = all('referrals');
  const counters = counts.changed();
  const events = [...all('events'), ...orders.events()];
  // A validation can be asked again: its session has one lock.
  const answers = decided.flatMap(({ request, turn, body }) =>
    turn.trace ? [] : [{ key: request.idempotencyKey, requestHash: Buffer.from(request.requestHash, 'base64'), status: turn.status, body }],
  );
  if (uses.length > 0) void send(changeUses(db, projectId, uses));
  if (counters.length > 0) void send(writeCounters(db, projectId, counters));
  if (spent.length > 0) void send(insertGiftTransactions(db, projectId, spent));
  if (released.length > 0) void send(releaseSessionLocks(db, projectId, released));
  if (locks.length > 0) void send(insertSessionLocks(db, projectId, locks));
  const kept = orders.changed();
  if (kept.length > 0) void send(writeOrders(db, projectId, kept));
  if (redemptions.length > 0) void send(insertRedemptions(db, projectId, redemptions, time));
  if (referrals.length > 0) void send(insertReferrals(db, projectId, referrals, time));
  if (events.length > 0) void send(insertEvents(db, projectId, events));
  if (answers.length > 0) void send(remember(db, projectId, answers));
  await commit();
};
