import type { CheckoutCustomer, UseChange } from '../db/checkout.ts';
import type { SetEvent } from '../db/events.ts';
import type { GiftTransaction } from '../db/gift-transactions.ts';
import { newId } from '../db/ids.ts';
import type { NewRedemption } from '../db/redemptions.ts';
import type { Applied, Decision, Inapplicable, Outcome } from '../domain/checkout.ts';
import type { Gift } from '../domain/gift.ts';
import { refusalStatus, refuse } from '../domain/voucher-refusal.ts';
import { balanceChange, type BalanceChange } from './gift-balance.ts';
import type { KnownReward } from './card-rewards.ts';
import type { Question } from './checkout-decision.ts';
import type { CheckoutRequest, OrderRequest } from './checkout-request.ts';
import { errorView, opaqueErrorView, orderView, redeemableView, traceOf } from './checkout-view.ts';
import type { KeptOrders } from './kept-orders.ts';
import { redeemedOf } from './redeemed-view.ts';
import { redeemerView } from './redemption-view.ts';
import { redeemReward, type RewardEffect } from './reward-redemption.ts';
import type { SetRewards } from './set-rewards.ts';
import type { KnownVoucher } from './voucher-states.ts';

/** What a decided redemption writes and answers. */
export interface RedemptionEffect {
  status: number;
  body: unknown;
  redemptions: NewRedemption[];
  events: SetEvent[];
  uses: UseChange[];
  /** What was spent of gift cards. */
  spent: GiftTransaction[];
  /** What was had for points. */
  rewards: RewardEffect[];
}

export interface RedemptionTime {
  /** Real time, ISO 8601: the ledger's. */
  date: string;
  /** The customer's time, in epoch milliseconds: what decided, and what journeys go by. */
  at: number;
}

/** What every row and event of a request has in common. */
interface Common {
  customer: CheckoutCustomer | undefined;
  trackingId: string;
  occurredAt: string;
  time: RedemptionTime;
  orders: KeptOrders;
  points: SetRewards;
  rewardOf: Question['rewardOf'];
}

export const effectOf = (
  request: CheckoutRequest,
  decision: Decision,
  { customer, rewardOf }: Pick<Question, 'customer' | 'rewardOf'>,
  time: RedemptionTime,
  { orders, rewards }: { orders: KeptOrders; rewards: SetRewards },
): RedemptionEffect => {
  const id = newId('redemption');
  const trackingId = request.trackingId ?? `track_${id.slice('r_'.length)}`;
  const common = { customer, trackingId, occurredAt: new Date(time.at).toISOString(), time, orders, points: rewards, rewardOf };
  return decision.valid ? success(request, decision, id, common) : failure(request, decision, id, common);
};

const rowOf = (request: CheckoutRequest, { customer, trackingId, time, occurredAt }: Common) => ({
  at: occurredAt === time.date ? null : occurredAt,
  credits: null,
  customerId: customer?.id ?? null,
  trackingId,
  metadata: request.metadata,
  apiKeyId: request.apiKeyId,
});

/** What stands in the way: the first that does not apply, or where all were skipped, that they have no effect. */
const failedOf = ({ outcomes }: Decision): Pick<Inapplicable, 'refusal' | 'redeemable' | 'asked'> => {
  const failed = outcomes.find((outcome) => outcome.status === 'INAPPLICABLE');
  if (failed) return failed;
  const { asked, redeemable } = outcomes[0]!;
  return { asked, redeemable, refusal: refuse('no_effect', 'discount', 0, 'What is asked takes nothing off this order') };
};

const failure = (request: CheckoutRequest, decision: Decision, id: string, common: Common): RedemptionEffect => {
  const { refusal, redeemable, asked } = failedOf(decision);
  const voucher = redeemable?.object === 'voucher' ? redeemable : null;
  const tierId = redeemable?.object === 'promotion_tier' ? redeemable.id : null;
  const order = request.order && orderView(request.order, null);
  const of = {
    voucherId: voucher?.id ?? null,
    code: asked.object === 'voucher' ? (voucher?.code ?? asked.id) : null,
    promotionTierId: tierId,
    campaignId: redeemable?.campaign?.id ?? null,
  };
  const opaque = request.audience === 'client';
  return {
    status: opaque ? 404 : refusalStatus(refusal.key),
    body: opaque ? opaqueErrorView(request.requestId, asked) : errorView(refusal, request.requestId, asked),
    redemptions: [
      {
        ...rowOf(request, common),
        id,
        result: 'FAILURE',
        ...of,
        parentId: null,
        amount: 0,
        order,
        failureCode: refusal.key,
        failureMessage: refusal.details,
        trace: traceOf(decision, common.time.at),
      },
    ],
    events: [
      {
        id: newId('event'),
        type: 'redemption.failed',
        customerId: common.customer?.id ?? voucher?.holderId ?? null,
        about: redeemable?.id ?? asked.id,
        data: {
          redemption_id: id,
          voucher_id: of.voucherId,
          code: of.code,
          promotion_tier_id: tierId ?? undefined,
          campaign_id: of.campaignId,
          campaign: redeemable?.campaign?.name ?? null,
          failure_code: refusal.key,
          failure_message: refusal.details,
          order: order && { id: order.id, source_id: order.source_id, amount: request.order?.amount },
          tracking_id: common.trackingId,
        },
        occurredAt: common.occurredAt,
      },
    ],
    uses: [],
    spent: [],
    rewards: [],
  };
};

const succeeded = { result: 'SUCCESS' as const, failureCode: null, failureMessage: null };

/** A single voucher's redemption stands alone, as its own parent; a stack's have a parent of their own. */
const success = (request: CheckoutRequest, decision: Decision, id: string, common: Common): RedemptionEffect => {
  const applied = decision.outcomes.filter((outcome) => outcome.status === 'APPLICABLE');
  const order = request.order && { ...request.order, id: common.orders.idOf(request.order) };
  const parentId = applied.length > 1 ? id : null;
  const ids = applied.map(() => (parentId === null ? id : newId('redemption')));
  if (order) {
    const { customer, time, occurredAt } = common;
    const redeemed = { applied, ids, parentId, customerId: customer?.id ?? null, at: new Date(time.date), occurredAt };
    common.orders.keep(order.id, { told: order, ...redeemed });
  }
  const whole = order && orderView(order, decision.cart);
  const children = applied.map((outcome, index) => childOf(request, outcome, ids[index]!, parentId, { order, whole }, common));
  const parentRow: NewRedemption[] =
    parentId === null
      ? []
      : [
          {
            ...rowOf(request, common),
            id: parentId,
            voucherId: null,
            code: null,
            promotionTierId: null,
            campaignId: null,
            parentId: null,
            ...succeeded,
            amount: decision.cart ? decision.cart.amount - decision.cart.left : 0,
            order: whole,
            trace: traceOf(decision, common.time.at),
          },
        ];
  return {
    status: 200,
    body:
      request.audience === 'voucher'
        ? { ...children[0]!.view, order: whole }
        : stackBody(request, decision, id, ids, children, whole, common),
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
  common: Common,
) => {
  const { customer, trackingId, time } = common;
  const { step, cart } = outcome;
  const { redeemable } = outcome;
  const voucher = redeemable.object === 'voucher' ? (redeemable as KnownVoucher) : null;
  const reward = voucher?.card ? rewardEffect(request, outcome, voucher, { redemptionId: id, order }, common) : null;
  // After its points went, as it is told then.
  const redeemed = redeemedOf(outcome, customer);
  const credits = voucher?.gift ? outcome.share.gift_credits : null;
  const amount = step?.discount ?? credits ?? 0;
  const items = request.expand.includes('order');
  const orderAfter = order && orderView(order, cart, { step, items });
  return {
    row: {
      ...rowOf(request, common),
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
      occurredAt: common.occurredAt,
    },
    use: voucher && { voucherId: voucher.id, quantity: 1, amount, credits: credits ?? 0 },
    reward,
    spent: voucher?.gift && credits ? spend(voucher, voucher.gift, credits, { redemptionId: id, order }, common) : null,
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
  { customer, time, points, rewardOf }: Common,
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
  { customer, occurredAt, time }: Common,
): BalanceChange => {
  const cause = { type: 'CREDITS_REDEMPTION' as const, amount: -credits, redemptionId };
  const paid = order && { id: order.id, source_id: order.source_id ?? null };
  return balanceChange({ ...voucher, gift }, { ...cause, order: paid }, new Date(time.date), occurredAt, customer?.id ?? voucher.holderId);
};

/** The answer of `POST /redemptions`. */
const stackBody = (
  request: CheckoutRequest,
  decision: Decision,
  id: string,
  ids: string[],
  children: { view: object }[],
  whole: ReturnType<typeof orderView> | null,
  { customer, trackingId, time }: Common,
) => ({
  redemptions: children.map((child) => child.view),
  parent_redemption: {
    id,
    object: 'redemption',
    date: time.date,
    customer_id: customer?.id ?? null,
    tracking_id: trackingId,
    metadata: request.metadata,
    result: 'SUCCESS',
    status: 'SUCCEEDED',
    order: ids.length > 1 && whole ? { ...whole, items: undefined } : undefined,
    customer: customer && redeemerView(customer),
    related_object_type: 'redemption',
    related_object_id: id,
  },
  order: whole && ids.length > 1 ? { ...whole, redemptions: stackOf(id, ids, time) } : whole,
  inapplicable_redeemables: viewsOf(request, decision, 'INAPPLICABLE'),
  skipped_redeemables: viewsOf(request, decision, 'SKIPPED'),
});

const viewsOf = (request: CheckoutRequest, { outcomes }: Decision, status: Outcome['status']) =>
  outcomes.filter((outcome) => outcome.status === status).map((outcome) => redeemableView(outcome, request));

const stackOf = (id: string, ids: string[], time: RedemptionTime) => ({
  [id]: { date: time.date, related_object_type: 'redemption', related_object_id: id, stacked: ids },
});
