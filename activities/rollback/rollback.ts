import postgres from 'postgres';
import { changeUses, readVouchers, type NamedCustomer, type UseChange } from '../../db/checkout/checkout.ts';
import type { Db, Tx } from '../../db/client.ts';
import { upsertCustomers } from '../../db/customer/customers.ts';
import { insertEvents, type SetEvent } from '../../db/event/events.ts';
import { REPLAYED, runOnce, type OnceAnswer } from '../../db/idempotency.ts';
import { newId } from '../../db/ids.ts';
import {
  findChildren,
  findRedemption,
  findRolledBack,
  insertRollbacks,
  readClocks,
  type NewRollback,
  type Redemption,
} from '../../db/checkout/redemptions.ts';
import { DomainError, type ErrorKey } from '../../domain/errors.ts';
import { refusalAnswer, refused, type CheckoutAnswer } from '../checkout/answer.ts';
import { takeBackOfOrders } from '../order/rollback.ts';
import type { LedgerDeps } from '../redemption/set.ts';
import { refundGifts } from './gifts.ts';
import { lockRewardsOf, lockVouchersOf, takeBackRewards } from './rewards.ts';
import { giveBackCounters, holdCounting } from './counters.ts';
import { lockTierRedemptions } from './tiers.ts';
import { redeemedTierView, redeemedVoucherView, relatedOf } from '../redemption/view.ts';
import { restoredOrderView } from './view.ts';
import type { KnownVoucher } from '../checkout/voucher-states.ts';

/** Takes a redemption back, or with `stack` a parent redemption with all that is left of it. Plain JSON. */
export interface RollbackRequest {
  projectId: string;
  apiKeyId: string;
  requestId: string;
  redemptionId: string;
  stack: boolean;
  /** What the request tells of a customer on the way; the redemption keeps its own. */
  customer: NamedCustomer | null;
  reason: string | null;
  trackingId: string | null;
  metadata: Record<string, unknown> | null;
  /** Whether the order keeps what was taken off it, as the project's stacking rules say. */
  keptSale?: boolean;
  idempotencyKey: string;
  /** SHA-256 of method, path and body, in base64. */
  requestHash: string;
}

const UNIQUE_VIOLATION = '23505';

/** Refusals that stay what they are when they are asked again. */
const KEPT = new Set<ErrorKey>(['not_found', 'invalid_redemption_parent', 'already_rolled_back']);

export const createRollback = (deps: LedgerDeps) => {
  /** Gives each counter back exactly once, whatever races: the ledger takes one rollback of a redemption. */
  return async (request: RollbackRequest): Promise<CheckoutAnswer> => {
    const { projectId, idempotencyKey: key, requestHash } = request;
    const once = { projectId, key, requestHash: Buffer.from(requestHash, 'base64') };
    const keptRefusal = (error: unknown) => {
      // Without a voucher's row to lock, the ledger's unique index is what stops the second.
      const isSecond = error instanceof postgres.PostgresError && error.code === UNIQUE_VIOLATION;
      const refusal = isSecond ? alreadyRolledBack(request.redemptionId) : error;
      return refusal instanceof DomainError && KEPT.has(refusal.key) ? refusalAnswer(refusal, request.requestId) : null;
    };
    try {
      const answer = await runOnce(deps.sql, once, (tx) => takeBack(tx, deps, request), keptRefusal);
      return { status: answer.status, body: JSON.stringify(answer.body), replayed: answer.headers === REPLAYED };
    } catch (error) {
      if (error instanceof DomainError) return refused(error);
      throw error;
    }
  };
};

const takeBack = async (tx: Tx, deps: LedgerDeps, request: RollbackRequest): Promise<OnceAnswer> => {
  const { projectId, redemptionId, stack, customer, keptSale } = request;
  if (customer?.sourceId !== undefined) await upsertCustomers(tx, projectId, [{ ...customer, sourceId: customer.sourceId }], deps.now());
  const target = await findRedemption(tx, projectId, redemptionId);
  if (!target || target.object !== 'redemption' || target.result !== 'SUCCESS') throw notRedeemed(redemptionId);
  const parent = target.voucherId === null && target.promotionTierId === null ? target : null;
  if (stack ? target.parentId !== null : parent !== null) throw wrongParent(target);
  const redemptions = parent ? await findChildren(tx, projectId, parent.id) : [target];

  const { done, rows, parentRow, vouchers, time } = await takeBackRedemptions(tx, deps, request, redemptions, { parent, keptSale });
  if (rows.length === 0 || done.has(target.id)) throw alreadyRolledBack(redemptionId);
  const views = rows.map((row) => rollbackView(row.of, row, vouchers.get(row.of.voucherId!), time));
  const order = keptSale ? target.order : restoredOrderView(target.order);
  if (!stack) return { status: 200, body: { ...views[0]!, order } };
  const { voucher: _voucher, ...whole } = rollbackView(target, parentRow ?? rows[0]!, undefined, time);
  return { status: 200, body: { rollbacks: views, parent_rollback: { ...whole, order }, order } };
};

export type RollbackDeps = Pick<LedgerDeps, 'states' | 'now'>;

/** Who takes redemptions back, and why. */
export type RollbackCause = Pick<RollbackRequest, 'projectId' | 'apiKeyId' | 'reason' | 'trackingId' | 'metadata'>;

/**
 * Takes redemptions back in the caller's transaction, all together, so that locks are taken in their order. Those that were taken back
 * before are left out.
 * @param parent the redemption whose parts they are, where it is taken back with them
 * @param keptSale whether their orders stay what they were, as when goods come back
 */
export const takeBackRedemptions = async (
  tx: Tx,
  { states, now }: RollbackDeps,
  cause: RollbackCause,
  redemptions: Redemption[],
  { parent = null, keptSale = false }: { parent?: Redemption | null; keptSale?: boolean } = {},
) => {
  const { projectId } = cause;
  const locked = await lockVouchersOf(tx, projectId, redemptions);
  await lockRewardsOf(tx, projectId, redemptions);
  const tiers = await lockTierRedemptions(tx, states.rules, projectId, redemptions);
  // Read after the lock, which whoever was first has given up only with the commit.
  const done = await findRolledBack(
    tx,
    projectId,
    [...(parent ? [parent] : []), ...redemptions].map((each) => each.id),
  );
  const left = parent && done.has(parent.id) ? [] : redemptions.filter((each) => !done.has(each.id));
  const time = now();
  const rows = left.map((each) => rollbackRow(cause, each));
  const parentRow = parent && { ...rollbackRow(cause, parent), amount: -left.reduce((sum, each) => sum + each.amount, 0) };
  if (left.length === 0) return { done, rows, parentRow, vouchers: new Map<string, KnownVoucher>(), time };

  const holders = new Map(locked.map((voucher) => [voucher.id, voucher.holderId]));
  const ownerOf = (each: Redemption) => each.customerId ?? holders.get(each.voucherId!) ?? null;
  const clocks = await readClocks(
    tx,
    projectId,
    left.flatMap((each) => ownerOf(each) ?? []),
  );
  const clockOf = (customerId: string | null) => (customerId && clocks.get(customerId)) || 0;
  const orderEvents = await takeBackOfOrders(tx, projectId, rows, { at: time, kept: keptSale, clockOf });
  await holdCounting(tx, projectId, left, new Set([...holders.keys(), ...tiers.keys()]));
  const codeKeys = locked.map((voucher) => voucher.codeKey);
  const vouchers = await vouchersOf(tx, states, projectId, codeKeys);
  await giveBackCounters(tx, projectId, left, (each) => vouchers.get(each.voucherId!) ?? tiers.get(each.promotionTierId!), time);
  await changeUses(tx, projectId, left.flatMap(useOf));
  for (const { voucherId } of left) {
    const voucher = vouchers.get(voucherId!);
    if (voucher) voucher.redeemed -= 1;
  }
  const timeOf = (each: Redemption) => new Date(time.getTime() + clockOf(ownerOf(each)));
  const giftEvents = await refundGifts(tx, projectId, rows, vouchers, time, ({ of }) => timeOf(of).toISOString());
  const taken = await takeBackRewards(tx, projectId, rows, vouchers, time);
  for (const row of rows) row.takenBack = taken.get(row.of.id) ?? null;
  await insertRollbacks(tx, projectId, parentRow ? [parentRow, ...rows] : rows, time);
  const events = left.map((each, index) => eventOf(each, rows[index]!, ownerOf(each), timeOf(each)));
  await insertEvents(tx, projectId, [...events, ...giftEvents, ...orderEvents]);
  return { done, rows, parentRow, vouchers, time };
};

const vouchersOf = async (
  db: Db,
  states: LedgerDeps['states'],
  projectId: string,
  codeKeys: string[],
): Promise<Map<string, KnownVoucher>> => {
  const found = await states.statesOf(db, projectId, await readVouchers(db, projectId, codeKeys));
  return new Map([...found.values()].map((voucher) => [voucher.id, voucher]));
};

const rollbackRow = (cause: RollbackCause, redemption: Redemption): NewRollback => ({
  id: newId('redemption'),
  of: redemption,
  amount: -redemption.amount,
  trackingId: cause.trackingId ?? redemption.trackingId,
  reason: cause.reason,
  metadata: cause.metadata,
  takenBack: null,
  apiKeyId: cause.apiKeyId,
});

const useOf = ({ voucherId, amount, credits }: Redemption): UseChange[] =>
  voucherId === null ? [] : [{ voucherId, quantity: -1, amount: -amount, credits: -(credits ?? 0) }];

const eventOf = (redemption: Redemption, row: NewRollback, owner: string | null, occurredAt: Date): SetEvent => ({
  id: newId('event'),
  type: 'redemption.rollback.succeeded',
  customerId: owner,
  about: redemption.voucherId ?? redemption.promotionTierId!,
  data: {
    rollback_id: row.id,
    redemption_id: redemption.id,
    voucher_id: redemption.voucherId,
    code: redemption.code,
    promotion_tier_id: redemption.promotionTierId ?? undefined,
    campaign_id: redemption.campaignId,
    campaign: redemption.campaign,
    discount_amount: redemption.amount,
    reward: rewardView(redemption, row),
    reason: row.reason,
    tracking_id: row.trackingId,
  },
  occurredAt: occurredAt.toISOString(),
});

const rollbackView = (redemption: Redemption, row: NewRollback, voucher: KnownVoucher | undefined, time: Date) => ({
  id: row.id,
  object: 'redemption_rollback',
  date: time.toISOString(),
  customer_id: redemption.customerId,
  tracking_id: row.trackingId,
  redemption: redemption.id,
  amount: redemption.points === null ? row.amount : -redemption.points,
  gift: redemption.credits === null ? undefined : { amount: -redemption.credits },
  loyalty_card: redemption.points === null ? undefined : { points: -redemption.points },
  reward: rewardView(redemption, row),
  reason: row.reason,
  metadata: row.metadata,
  result: 'SUCCESS',
  status: 'SUCCEEDED',
  customer: redemption.customerId && { id: redemption.customerId, source_id: redemption.customerSourceId, object: 'customer' },
  ...relatedOf(redemption),
  promotion_tier: redeemedTierView(redemption),
  // A voucher that was deleted is told as far as the ledger knows it.
  voucher: voucher ? redeemedVoucherView(voucher) : lostVoucherView(redemption),
});

const rewardView = ({ reward }: Redemption, { takenBack }: NewRollback) =>
  reward === null
    ? undefined
    : { id: reward['id'], assignment_id: reward['assignment_id'], object: 'reward', taken_back: takenBack ?? undefined };

const lostVoucherView = ({ voucherId, code }: Redemption) => (code === null ? undefined : { id: voucherId, code, object: 'voucher' });

const resource = (id: string) => ({ resource: { id, type: 'redemption' } });

const notRedeemed = (id: string) =>
  new DomainError('not_found', 'Resource not found', {
    details: `Cannot find a successful redemption with id ${id}`,
    ...resource(id),
  });

const wrongParent = ({ id, parentId }: Redemption) =>
  new DomainError('invalid_redemption_parent', 'Invalid redemption parent', {
    details:
      parentId === null
        ? `Redemption ${id} is the parent of several: take them back with POST /v1/redemptions/${id}/rollbacks`
        : `Redemption ${id} is part of ${parentId}: take the whole back with POST /v1/redemptions/${parentId}/rollbacks`,
    ...resource(id),
  });

const alreadyRolledBack = (id: string) =>
  new DomainError('already_rolled_back', 'Already rolled back', { details: `Redemption ${id} was rolled back before`, ...resource(id) });
