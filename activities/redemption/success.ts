import { newId } from '../../db/ids.ts';
import type { NewRedemption } from '../../db/checkout/redemptions.ts';
import type { Applied, Decision } from '../../domain/checkout/checkout.ts';
import type { Gift } from '../../domain/voucher/gift.ts';
import type { KnownReward } from '../checkout/card-rewards.ts';
import type { CheckoutRequest, OrderRequest } from '../checkout/request.ts';
import { orderView, traceOf } from '../checkout/view.ts';
import { balanceChange, type BalanceChange } from './gift-balance.ts';
import { redeemedOf } from './redeemed-view.ts';
import { stackBody } from './answer.ts';
import { rowOf, type Redeeming, type RedemptionEffect } from './row.ts';
import { redeemerView } from './view.ts';
import { redeemReward, type RewardEffect } from './reward-redemption.ts';
import type { KnownVoucher } from '../checkout/voucher-states.ts';

const succeeded = { result: 'SUCCESS' as const, failureCode: null, failureMessage: null };

/** A single voucher's redemption stands alone, as its own parent; a stack's have a parent of their own. */
export const successOf = (request: CheckoutRequest, decision: Decision, id: string, redeeming: Redeeming): RedemptionEffect => {
  const applied = decision.outcomes.filter((outcome) => outcome.status === 'APPLICABLE');
  const order = request.order && { ...request.order, id: redeeming.orders.idOf(request.order) };
  const parentId = applied.length > 1 ? id : null;
  const ids = applied.map(() => (parentId === null ? id : newId('redemption')));
  if (order) {
    const { customer, time, occurredAt } = redeeming;
    const redeemed = { applied, ids, parentId, customerId: customer?.id ?? null, at: new Date(time.date), occurredAt };
    redeeming.orders.keep(order.id, { told: order, ...redeemed });
  }
  const whole = order && orderView(order, decision.cart);
  const children = applied.map((outcome, index) => childOf(request, outcome, ids[index]!, parentId, { order, whole }, redeeming));
  const parentRow: NewRedemption[] =
    parentId === null
      ? []
      : [
          {
            ...rowOf(request, redeeming),
            id: parentId,
            voucherId: null,
            code: null,
            promotionTierId: null,
            campaignId: null,
            parentId: null,
            ...succeeded,
            amount: decision.cart ? decision.cart.amount - decision.cart.left : 0,
            order: whole,
            trace: traceOf(decision, redeeming.time.at),
          },
        ];
  return {
    status: 200,
    body:
      request.audience === 'voucher'
        ? { ...children[0]!.view, order: whole }
        : stackBody(request, decision, id, ids, children, whole, redeeming),
    redemptions: [...parentRow, ...children.map((child) => child.row)],
    events: children.flatMap((child) => [child.event, ...(child.spent ? [child.spent.event] : [])]),
    spent: children.flatMap((child) => child.spent?.transaction ?? []),
    rewards: children.flatMap((child) => child.reward ?? []),
    uses: children.flatMap((child) => child.use ?? []),
  };
};

const childOf = (
  request: CheckoutRequest,
  outcome: Applied,
  id: string,
  parentId: string | null,
  { order, whole }: { order: OrderRequest | null; whole: ReturnType<typeof orderView> | null },
  redeeming: Redeeming,
) => {
  const { customer, trackingId, time } = redeeming;
  const { step, cart } = outcome;
  const { redeemable } = outcome;
  const voucher = redeemable.object === 'voucher' ? (redeemable as KnownVoucher) : null;
  const reward = voucher?.card ? rewardEffect(request, outcome, voucher, { redemptionId: id, order }, redeeming) : null;
  // After its points went, as it is told then.
  const redeemed = redeemedOf(outcome, customer);
  const credits = voucher?.gift ? outcome.share.gift_credits : null;
  const amount = step?.discount ?? credits ?? 0;
  const items = request.expand.includes('order');
  const orderAfter = order && orderView(order, cart, { step, items });
  return {
    row: {
      ...rowOf(request, redeeming),
      id,
      ...succeeded,
      ...redeemed.row,
      parentId,
      amount,
      credits,
      order: parentId === null ? whole : order && orderView(order, cart, { step, items: true }),
      trace: traceOf({ outcomes: [outcome] }, time.at),
    },
    event: {
      id: newId('event'),
      type: 'redemption.succeeded',
      customerId: redeemed.owner,
      about: redeemable.id,
      data: {
        redemption_id: id,
        ...redeemed.event,
        discount_amount: amount,
        ...(reward && { points: reward.given.points, reward_id: reward.given.rewardId }),
        order: order && {
          id: order.id,
          source_id: order.source_id,
          amount: cart?.amount,
          total_amount: cart?.left,
          currency: order.currency,
        },
        tracking_id: trackingId,
      },
      occurredAt: redeeming.occurredAt,
    },
    use: voucher && { voucherId: voucher.id, quantity: 1, amount, credits: credits ?? 0 },
    reward,
    spent: voucher?.gift && credits ? spend(voucher, voucher.gift, credits, { redemptionId: id, order }, redeeming) : null,
    view: {
      id,
      object: 'redemption',
      date: time.date,
      customer_id: customer?.id ?? null,
      tracking_id: trackingId,
      metadata: request.metadata,
      amount: reward ? reward.given.points : amount,
      gift: credits === null ? undefined : { amount: credits },
      loyalty_card: reward ? { points: reward.given.points } : undefined,
      reward: reward?.given.reward,
      result: 'SUCCESS',
      status: 'SUCCEEDED',
      order: orderAfter,
      customer: customer && redeemerView(customer),
      ...redeemed.view,
      redemption: parentId ?? undefined,
    },
  };
};

/** What a loyalty card is redeemed for; null where nobody asked for a reward. */
const rewardEffect = (
  request: CheckoutRequest,
  outcome: Applied,
  voucher: KnownVoucher,
  { redemptionId, order }: { redemptionId: string; order: OrderRequest | null },
  { customer, time, points, rewardOf }: Redeeming,
): RewardEffect | null => {
  const reward = rewardOf?.(voucher, outcome.asked) as KnownReward | undefined;
  if (!reward) return null;
  const when = { now: new Date(time.date), at: new Date(time.at) };
  return redeemReward(outcome, reward, points, { redemptionId, order, customer, ...when, apiKeyId: request.apiKeyId });
};

const spend = (
  voucher: KnownVoucher,
  gift: Gift,
  credits: number,
  { redemptionId, order }: { redemptionId: string; order: OrderRequest | null },
  { customer, occurredAt, time }: Redeeming,
): BalanceChange => {
  const cause = { type: 'CREDITS_REDEMPTION' as const, amount: -credits, redemptionId };
  const paid = order && { id: order.id, source_id: order.source_id ?? null };
  return balanceChange({ ...voucher, gift }, { ...cause, order: paid }, new Date(time.date), occurredAt, customer?.id ?? voucher.holderId);
};
