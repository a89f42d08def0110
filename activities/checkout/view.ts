import type { Cart, DiscountStep } from '../../domain/checkout/cart.ts';
import { isExclusive, isJoint, SKIP_MESSAGES, type StackingRules } from '../../domain/checkout/stacking.ts';
import type { Applied, Decision, Outcome } from '../../domain/checkout/checkout.ts';
import type { Discount } from '../../domain/discount/discount.ts';
import type { LoyaltyCard } from '../../domain/loyalty/card.ts';
import type { AskedRedeemable, RedeemableState } from '../../domain/checkout/redeemable.ts';
import { refusalStatus, type Refusal } from '../../domain/voucher/refusal.ts';
import { applicableView } from './applicable-view.ts';
import type { CheckoutRequest, OrderRequest } from './request.ts';
import type { KnownVoucher } from './voucher-states.ts';

/** How refusals and discounts look in the JSON of the Voucherify API. */

export const discountView = (discount: Discount) => ({
  ...discount,
  effect: discount.effect ?? (discount.type === 'UNIT' ? 'ADD_MISSING_ITEMS' : 'APPLY_TO_ORDER'),
});

export const errorView = (refusal: Refusal, requestId: string, { object, id }: AskedRedeemable) => ({
  code: refusalStatus(refusal.key),
  key: refusal.key,
  message: refusal.message,
  details: refusal.details,
  request_id: requestId,
  resource_id: id,
  resource_type: object,
  error: refusal.shown == null ? undefined : { message: refusal.shown },
});

/** One answer for whatever is wrong, so that who guesses codes learns nothing from it. */
export const opaqueErrorView = (requestId: string, { object, id }: AskedRedeemable) => ({
  code: 404,
  key: 'not_found',
  message: 'Resource not found',
  details: 'This code cannot be used',
  request_id: requestId,
  resource_id: id,
  resource_type: object,
});

/** What an order's view is asked for: the amounts that one step took, and whether with the items. */
interface OrderPart {
  step: DiscountStep | null;
  items: boolean;
}

/** The order with its amounts after the cart's discounts. `part` is given where one redeemable's share of it is told. */
export const orderView = (order: OrderRequest, cart: Cart | null, part?: OrderPart) => {
  if (!cart) return { ...order, metadata: order.metadata ?? {}, object: 'order' };
  const discounted = cart.amount - cart.left;
  const taken = part?.step ? part.step.discount : discounted;
  const items = part?.step ? (part.step.ofItems ? taken : 0) : cart.itemsDiscount;
  return {
    id: order.id,
    source_id: order.source_id,
    status: order.status,
    currency: order.currency,
    amount: cart.amount,
    initial_amount: cart.initialAmount,
    discount_amount: cart.orderDiscount,
    items_discount_amount: cart.itemsDiscount || undefined,
    total_discount_amount: discounted,
    total_amount: cart.left,
    applied_discount_amount: taken - items,
    items_applied_discount_amount: items || undefined,
    total_applied_discount_amount: taken,
    items:
      (order.items || cart.added.length > 0) && (!part || part.items) ? itemsView(order.items ?? [], cart, part?.step ?? null) : undefined,
    metadata: order.metadata ?? {},
    object: 'order',
  };
};

/** The items, those that discounts added last. What was applied is what the step took, or all steps where none is given. */
const itemsView = (items: NonNullable<OrderRequest['items']>, cart: Cart, step: DiscountStep | null) => {
  const views: Record<string, unknown>[] = [...items, ...cart.added].map((item) => ({ object: 'order_item', ...item }));
  for (const [index, line] of cart.lines.entries()) {
    if (line.item === null) continue;
    const share = step ? (step.shares[index] ?? 0) : line.itemDiscount + line.orderDiscount;
    Object.assign(views[line.item]!, {
      amount: line.amount,
      initial_amount: line.initialAmount,
      quantity: line.quantity,
      initial_quantity: line.initialQuantity,
      discount_quantity: line.freeQuantity || undefined,
      discount_amount: line.itemDiscount,
      applied_discount_amount: step ? (step.ofItems ? share : 0) : line.itemDiscount,
      total_applied_discount_amount: share,
      subtotal_amount: line.amount - line.itemDiscount,
    });
  }
  return views;
};

const categoriesView = (redeemable: RedeemableState, rules: StackingRules) =>
  redeemable.categories.map((category) => ({
    ...category,
    object: 'category',
    stacking_rules_type: isExclusive(rules, { categories: [category] })
      ? 'EXCLUSIVE'
      : isJoint(rules, { categories: [category] })
        ? 'JOINT'
        : undefined,
  }));

/** What a loyalty card has, and spends of it. */
const loyaltyCardView = ({ balance }: LoyaltyCard, points: number) => ({ points, balance, transfers: [] });

/** One redeemable of a validation's or a redemption's answer. */
export const redeemableView = (outcome: Outcome, request: CheckoutRequest) => {
  const { status, asked } = outcome;
  const { object, id } = asked;
  const { requestId } = request;
  if (outcome.status === 'SKIPPED') {
    return { status, id, object, result: { details: { key: outcome.key, message: SKIP_MESSAGES[outcome.key] } } };
  }
  if (outcome.status === 'INAPPLICABLE') {
    const error = request.audience === 'client' ? opaqueErrorView(requestId, asked) : errorView(outcome.refusal, requestId, asked);
    return { status, id, object, result: { error, details: { key: error.key, message: error.message } } };
  }
  return appliedView(outcome, request);
};

/** One that applies. */
export const appliedView = (outcome: Applied, { order, expand, audience, stackingRules }: CheckoutRequest) => {
  const { status, redeemable, cart, step, scope } = outcome;
  return {
    status,
    id: redeemable.object === 'voucher' ? redeemable.code : redeemable.id,
    object: outcome.asked.object,
    order: order && orderView(order, cart, { step, items: expand.includes('order') }),
    ...applicableView(scope),
    result:
      redeemable.object === 'voucher' && redeemable.gift
        ? { gift: { balance: redeemable.gift.balance, credits: outcome.share.gift_credits } }
        : redeemable.object === 'voucher' && redeemable.card
          ? { loyalty_card: loyaltyCardView(redeemable.card, outcome.share.loyalty_points) }
          : { discount: discountView(outcome.discount) },
    metadata: audience === 'client' ? {} : (redeemable as KnownVoucher).metadata,
    categories: categoriesView(redeemable, stackingRules),
  };
};

/** What a loyalty card spent, and on what. */
const rewardOf = ({ asked, share }: Applied) => (asked.reward ? { reward: asked.reward, points: share.loyalty_points } : {});

/** What decided, for whoever asks later why: the redeemable, its revisions, the condition and the arithmetic, step by step. */
export const traceOf = ({ outcomes }: Pick<Decision, 'outcomes'>, at: number) => ({
  at: new Date(at).toISOString(),
  steps: outcomes.map((outcome) => {
    const { redeemable } = outcome;
    const { object, id } = outcome.asked;
    const step = {
      ...(object === 'voucher' ? { code: id, voucher_id: redeemable?.id } : { promotion_tier_id: id }),
      revision: redeemable?.revision,
      campaign_id: redeemable?.campaign?.id,
      template_revision: (redeemable?.object === 'voucher' && redeemable.templateRevision) || undefined,
    };
    if (outcome.status === 'INAPPLICABLE') {
      const { key, condition, value, details, rule } = outcome.refusal;
      return { ...step, outcome: key, condition, value, details, rule };
    }
    if (outcome.status === 'SKIPPED') return { ...step, outcome: outcome.key };
    const applied = { ...step, outcome: 'applied', ...rewardOf(outcome) };
    if (!outcome.step) return applied;
    const { before, added, discount, after, shares } = outcome.step;
    return { ...applied, before, added: added || undefined, discount, after, shares };
  }),
});
