import { awaitVoucher, findCodes, lockFreeVouchers, lookUpCustomers, type CheckoutCustomer } from '../../db/checkout/checkout.ts';
import { readStacks, readTiers, shareTierCounting } from '../../db/promotion/checkout-promotions.ts';
import { lockRewardStock, readCardRewards, type CardRewardRow } from '../../db/loyalty/card-rewards.ts';
import { findStored, keyLocks, keyReused, type StoredAnswer } from '../../db/idempotency.ts';
import { lockOrderNames, lockOrders } from '../../db/orders.ts';
import type { Pipeline } from '../../db/event/pipeline.ts';
import { DomainError } from '../../domain/errors.ts';
import { askedRewardsOf } from '../checkout/card-rewards.ts';
import { refused, type CheckoutAnswer } from '../checkout/answer.ts';
import { createKeptOrders, orderNamesOf, type KeptOrders } from './kept-orders.ts';
import { askedPromotionsOf, NO_PROMOTIONS, promotionsOf, type Promotions } from '../checkout/promotions.ts';
import type { RedeemRequest, SetMember, Verdict } from './request.ts';
import type { KnownVoucher, VoucherStates } from '../checkout/voucher-states.ts';

const LOCK_WAIT_MS = 250;

/** What the first round trip found, the locks held. */
export interface Found {
  keys: Set<string>;
  stored: Map<string, StoredAnswer>;
  customerOf: (request: RedeemRequest) => CheckoutCustomer | undefined;
  /** The vouchers that are locked now. */
  vouchers: Map<string, KnownVoucher>;
  promotions: Promotions;
  /** Rewards that cards' programs have, of those that were asked. */
  rewardRows: readonly CardRewardRow[];
  /** Codes whose rows somebody else holds. */
  held: Set<string>;
  orders: KeptOrders;
}

/** Locks and reads what a set of requests is decided by, in one round trip. @param lane a code to wait for a moment where somebody holds its row */
export const lockAndRead = async (
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
  const customersRead = customers ? send(customers.rows) : Promise.resolve(null);
  if (lane !== null) for (const query of awaitVoucher(db, projectId, lane, LOCK_WAIT_MS)) void send(query);
  const vouchersRead = send(lockFreeVouchers(db, projectId, codeKeys));
  const rewardsAsked = askedRewardsOf(members.map((member) => member.request));
  if (rewardsAsked) void send(lockRewardStock(db, projectId, rewardsAsked));
  const rewardsRead = rewardsAsked ? send(readCardRewards(db, projectId, rewardsAsked)) : Promise.resolve([]);
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
  const rewardRows = await rewardsRead;
  const found = await states.statesOf(db, projectId, vouchers);
  const absent = codeKeys.filter((key) => !found.has(key));
  const held = absent.length > 0 ? await send(findCodes(db, projectId, absent)) : [];
  return {
    keys: new Set(lockedKeys.filter((row) => row.locked).map((row) => row.key)),
    stored: new Map(stored.map((answer) => [answer.key, answer])),
    customerOf: ({ customer }) => (customer ? match(customer) : undefined),
    vouchers: found,
    promotions,
    rewardRows,
    held: new Set(held.map((row) => row.codeKey)),
    orders: createKeptOrders(projectId, orders),
  };
};

/** Why a request is not decided in this set; null where it is. */
export const hindrance = (member: SetMember, found: Found): Verdict | { kind: 'refused'; error: DomainError } | null => {
  const { request, codeKeys, customerWritten, what } = member;
  if (!found.keys.has(request.idempotencyKey)) return { kind: 'key held' };
  const stored = found.stored.get(request.idempotencyKey);
  if (stored) return { kind: 'answered', answer: replayOf(stored, member) };
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

const replayOf = (stored: StoredAnswer, { request, decided }: SetMember): CheckoutAnswer => {
  if (request.keyIsOurs && decided) return decided;
  return stored.requestHash.toString('base64') === request.requestHash
    ? { status: stored.status, body: stored.body, replayed: true }
    : refused(keyReused(request.idempotencyKey));
};

const unknownCustomer = (id: string | undefined): DomainError =>
  new DomainError('not_found', 'Resource not found', {
    details: `Cannot find customer with id ${id}`,
    resource: { id, type: 'customer' },
  });
