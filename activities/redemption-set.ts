import {
  awaitVoucher,
  changeCounters,
  findCodes,
  lockFreeVouchers,
  lookUpCustomers,
  type CheckoutCustomer,
  type CounterChange,
} from '../db/checkout.ts';
import type { Sql } from '../db/client.ts';
import { insertEvents } from '../db/events.ts';
import { findStored, keyLocks, keyReused, remember, type StoredAnswer } from '../db/idempotency.ts';
import { pipelined, type Pipeline } from '../db/pipeline.ts';
import { insertRedemptions } from '../db/redemptions.ts';
import type { Decision } from '../domain/checkout.ts';
import { DomainError } from '../domain/errors.ts';
import { refused, type CheckoutAnswer } from './checkout-answer.ts';
import { decideRequest } from './checkout-decision.ts';
import type { CheckoutRequest } from './checkout-request.ts';
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
}

/**
 * Redeems a set of requests of one project in one transaction and two round trips: lock and read; then, the pure core having decided
 * each in turn with the counters as they change, write everything and commit. No two requests of a set have the same key.
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
    const date = time.toISOString();
    const effects: { request: RedeemRequest; effect: RedemptionEffect; body: string }[] = [];
    const verdicts = members.map((member): Verdict => {
      const { request } = member;
      const hindered = hindrance(member, found);
      if (hindered) return hindered;
      const customer = found.customerOf(request);
      const decision = decideRequest(request, found.vouchers, customer, time.getTime());
      if (decision.valid) countRedeemed(decision);
      const effect = effectOf(request, decision, customer, { date, at: decision.at });
      const body = JSON.stringify(effect.body);
      effects.push({ request, effect, body });
      return { kind: 'answered', answer: { status: effect.status, body, replayed: false } };
    });
    if (effects.length > 0) await write(pipeline, projectId, effects, time);
    return verdicts;
  });

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

  const [lockedKeys, stored, rows, vouchers] = await Promise.all([keysLocked, answersStored, customersRead, vouchersRead]);
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
  return held === undefined ? null : { kind: 'voucher held', codeKey: held };
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
  effects: { request: RedeemRequest; effect: RedemptionEffect; body: string }[],
  time: Date,
): Promise<void> => {
  const counters = summed(effects.flatMap(({ effect }) => effect.counters));
  const events = effects.flatMap(({ effect }) => effect.events);
  const answers = effects.map(({ request, effect, body }) => ({
    key: request.idempotencyKey,
    requestHash: Buffer.from(request.requestHash, 'base64'),
    status: effect.status,
    body,
  }));
  if (counters.length > 0) void send(changeCounters(db, projectId, counters));
  const redemptions = effects.flatMap(({ effect }) => effect.redemptions);
  void send(insertRedemptions(db, projectId, redemptions, time));
  void send(insertEvents(db, projectId, events));
  void send(remember(db, projectId, answers));
  await commit();
};

/** One change for each voucher, however many requests redeemed it. */
const summed = (changes: CounterChange[]): CounterChange[] => {
  const byVoucher = new Map<string, CounterChange>();
  for (const change of changes) {
    const sum = byVoucher.get(change.voucherId);
    if (sum) {
      sum.quantity += change.quantity;
      sum.amount += change.amount;
    } else byVoucher.set(change.voucherId, { ...change });
  }
  return [...byVoucher.values()];
};
