import { awaitVoucher, changeUses, findCodes, lockFreeVouchers, lookUpCustomers, type CheckoutCustomer } from '../db/checkout.ts';
import type { Sql } from '../db/client.ts';
import { insertEvents } from '../db/events.ts';
import { findStored, keyLocks, keyReused, remember, type StoredAnswer } from '../db/idempotency.ts';
import { pipelined, type Pipeline } from '../db/pipeline.ts';
import { checkCounting, writeCounters } from '../db/counters.ts';
import { lockOrderNames, lockOrders, writeOrders } from '../db/orders.ts';
import { insertRedemptions } from '../db/redemptions.ts';
import type { Decision } from '../domain/checkout.ts';
import { DomainError } from '../domain/errors.ts';
import { refused, type CheckoutAnswer } from './checkout-answer.ts';
import { takeCounts, type SetCounts } from './checkout-counts.ts';
import { decideQuestion, questionOf, type Question } from './checkout-decision.ts';
import type { CheckoutRequest } from './checkout-request.ts';
import { createKeptOrders, orderNamesOf, type KeptOrders } from './kept-orders.ts';
import { effectOf, type RedemptionEffect } from './redemption-effect.ts';
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

export interface SetDeps {
  sql: Sql;
  states: VoucherStates;
  now: () => Date;
}

const LOCK_WAIT_MS = 250;

/** What the first round trip found, the locks held. */
interface Found {
  keys: Set<string>;
  stored: Map<string, StoredAnswer>;
  customerOf: (request: RedeemRequest) => CheckoutCustomer | undefined;
  /** The vouchers that are locked now. */
  vouchers: Map<string, KnownVoucher>;
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
  { sql, states, now }: SetDeps,
  projectId: string,
  members: SetMember[],
  lane: string | null,
): Promise<Verdict[]> =>
  pipelined(sql, async (pipeline) => {
    const found = await lockAndRead(pipeline, states, projectId, members, lane);
    const time = now();
    const asked = members.map((member) => hindrance(member, found) ?? { kind: 'to decide' as const, question: ask(member, found, time) });
    const questions = asked.flatMap((each) => (each.kind === 'to decide' ? [each.question] : []));
    if (questions.length === 0) return asked as Verdict[];
    const counts = await takeCounts(pipeline, projectId, questions, members[0]!.request.project.timezone, time);
    const effects: DecidedRequest[] = [];
    const verdicts = asked.map((each, index): Verdict => {
      if (each.kind !== 'to decide') return each;
      const effect = decideInTurn(each.question, counts, found.orders, time);
      const body = JSON.stringify(effect.body);
      effects.push({ request: members[index]!.request, effect, body });
      return { kind: 'answered', answer: { status: effect.status, body, replayed: false } };
    });
    await write(pipeline, projectId, { effects, counts, counting: countingOf(found), orders: found.orders }, time);
    return verdicts;
  });

interface DecidedRequest {
  request: RedeemRequest;
  effect: RedemptionEffect;
  body: string;
}

const ask = ({ request }: SetMember, found: Found, time: Date): Question =>
  questionOf(request, found.vouchers, found.customerOf(request), time.getTime());

/** Decides a question with what those before it left. */
const decideInTurn = (question: Question, counts: SetCounts, orders: KeptOrders, time: Date): RedemptionEffect => {
  const decision = decideQuestion(question, counts.countsFor(question));
  if (decision.valid) {
    countRedeemed(decision);
    counts.add(decision.outcomes.flatMap((outcome) => (outcome.status === 'APPLICABLE' ? outcome.taken : [])));
  }
  return effectOf(question.request, decision, question.customer, { date: time.toISOString(), at: question.at }, orders);
};

/** With which number each campaign was read, to be checked before the commit. */
const countingOf = ({ vouchers }: Found): Map<string, number> =>
  new Map([...vouchers.values()].flatMap(({ campaign, counting }) => (campaign && counting !== null ? [[campaign.id, counting]] : [])));

/** So that the next request of the set sees it. */
const countRedeemed = ({ outcomes }: Decision): void => {
  for (const outcome of outcomes)
    if (outcome.status === 'APPLICABLE' && outcome.redeemable.object === 'voucher') outcome.redeemable.redeemed++;
};

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
  const orderNames = orderNamesOf(members.map((member) => member.request.order));
  if (orderNames.length > 0) void send(lockOrderNames(db, projectId, orderNames));
  const ordersRead = orderNames.length > 0 ? send(lockOrders(db, projectId, orderNames)) : [];

  const read = [keysLocked, answersStored, customersRead, vouchersRead, ordersRead] as const;
  const [lockedKeys, stored, rows, vouchers, orders] = await Promise.all(read);
  const match = customers && rows ? customers.match(rows) : () => undefined;
  const found = await states.statesOf(db, projectId, vouchers);
  const absent = codeKeys.filter((key) => !found.has(key));
  const held = absent.length > 0 ? await send(findCodes(db, projectId, absent)) : [];
  return {
    keys: new Set(lockedKeys.filter((row) => row.locked).map((row) => row.key)),
    stored: new Map(stored.map((answer) => [answer.key, answer])),
    customerOf: ({ customer }) => (customer ? match(customer) : undefined),
    vouchers: found,
    held: new Set(held.map((row) => row.codeKey)),
    orders: createKeptOrders(projectId, orders),
  };
};

/** Why a request is not decided in this set; null where it is. */
const hindrance = ({ request, codeKeys, customerWritten }: SetMember, found: Found): Verdict | null => {
  if (!found.keys.has(request.idempotencyKey)) return { kind: 'key held' };
  const stored = found.stored.get(request.idempotencyKey);
  if (stored) return { kind: 'answered', answer: replayOf(stored, request) };
  const { customer: named } = request;
  if (named) {
    const customer = found.customerOf(request);
    if (!customer && named.sourceId === undefined) return { kind: 'answered', answer: unknownCustomer(named.id) };
    if (!customerWritten && (!customer || customer.changed)) return { kind: 'customer to write' };
  }
  const held = codeKeys.find((key) => found.held.has(key));
  if (held !== undefined) return { kind: 'voucher held', codeKey: held };
  const refusal = request.order && found.orders.refusalOf(request.order);
  return refusal && { kind: 'answered', answer: refused(refusal) };
};

const replayOf = (stored: StoredAnswer, { idempotencyKey, requestHash }: RedeemRequest): CheckoutAnswer =>
  stored.requestHash.toString('base64') === requestHash
    ? { status: stored.status, body: stored.body, replayed: true }
    : refused(keyReused(idempotencyKey));

const unknownCustomer = (id: string | undefined): CheckoutAnswer =>
  refused(
    new DomainError('resource_not_found', 'Resource not found', {
      details: `Cannot find customer with id ${id}`,
      resource: { id, type: 'customer' },
    }),
  );

const write = async (
  { db, send, commit }: Pipeline,
  projectId: string,
  {
    effects,
    counts,
    counting,
    orders,
  }: { effects: DecidedRequest[]; counts: SetCounts; counting: Map<string, number>; orders: KeptOrders },
  time: Date,
): Promise<void> => {
  if (counting.size > 0) void send(checkCounting(db, projectId, counting));
  const uses = effects.flatMap(({ effect }) => effect.uses);
  const counters = counts.changed();
  const events = [...effects.flatMap(({ effect }) => effect.events), ...orders.events()];
  const answers = effects.map(({ request, effect, body }) => ({
    key: request.idempotencyKey,
    requestHash: Buffer.from(request.requestHash, 'base64'),
    status: effect.status,
    body,
  }));
  if (uses.length > 0) void send(changeUses(db, projectId, uses));
  if (counters.length > 0) void send(writeCounters(db, projectId, counters));
  const redemptions = effects.flatMap(({ effect }) => effect.redemptions);
  const kept = orders.changed();
  if (kept.length > 0) void send(writeOrders(db, projectId, kept));
  void send(insertRedemptions(db, projectId, redemptions, time));
  void send(insertEvents(db, projectId, events));
  void send(remember(db, projectId, answers));
  await commit();
};
