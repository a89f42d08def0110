import type { Decision } from '../../domain/checkout/checkout.ts';
import type { Session } from '../../domain/checkout/session.ts';
import { applicableView } from './applicable-view.ts';
import type { CheckoutRequest } from './request.ts';
import { discountView, errorView, opaqueErrorView, orderView, redeemableView } from './view.ts';
import type { KnownVoucher } from './voucher-states.ts';

/** The answer of `POST /validations`. */
const stackView = (request: CheckoutRequest, decision: Decision, id: string, trackingId: string) => {
  const { order } = request;
  const all = decision.outcomes.map((outcome) => redeemableView(outcome, request));
  const isPartial = request.stackingRules.redeemables_application_mode !== 'ALL';
  // Clients expect no empty lists where one that fails fails the whole.
  const those = (status: (typeof all)[number]['status']) => {
    const found = all.filter((each) => each.status === status);
    return isPartial || found.length > 0 ? found : undefined;
  };
  return {
    id,
    valid: decision.valid,
    // Where some may be left out, those that apply are the answer; they are all of it where one that fails fails the whole.
    redeemables: isPartial ? all.filter((each) => each.status === 'APPLICABLE') : all,
    skipped_redeemables: those('SKIPPED'),
    inapplicable_redeemables: those('INAPPLICABLE'),
    order: order && orderView(order, decision.cart),
    tracking_id: trackingId,
    session: decision.valid && request.session ? sessionView(request.session) : null,
    stacking_rules: request.stackingRules,
  };
};

const sessionView = ({ key, type, ttl, ttl_unit }: Session): Session => ({ key, type, ttl, ttl_unit });

/** The answer of the older `POST /vouchers/{code}/validate`. */
const voucherView = (request: CheckoutRequest, { outcomes, cart }: Decision, trackingId: string) => {
  const [outcome] = outcomes;
  const asked = request.redeemables[0]!;
  const code = asked.id;
  if (outcome?.status !== 'APPLICABLE') {
    const error =
      outcome?.status === 'INAPPLICABLE' ? errorView(outcome.refusal, request.requestId, asked) : opaqueErrorView(request.requestId, asked);
    return { valid: false, code, error, reason: error.message, tracking_id: trackingId };
  }
  const voucher = outcome.redeemable as KnownVoucher;
  return {
    valid: true,
    code: voucher.code,
    discount: voucher.gift || voucher.card ? undefined : discountView(outcome.discount),
    gift: voucher.gift ? { ...voucher.gift, credits: outcome.share.gift_credits } : undefined,
    loyalty: voucher.card ? { points_cost: outcome.share.loyalty_points } : undefined,
    session: request.session ? sessionView(request.session) : undefined,
    order: request.order ? orderView(request.order, cart) : undefined,
    campaign: voucher.campaign?.name,
    campaign_id: voucher.campaign?.id,
    metadata: voucher.metadata,
    start_date: voucher.startsAt === null ? undefined : new Date(voucher.startsAt).toISOString(),
    expiration_date: voucher.endsAt === null ? undefined : new Date(voucher.endsAt).toISOString(),
    ...applicableView(outcome.scope),
    tracking_id: trackingId,
  };
};

export const validationView = (request: CheckoutRequest, decision: Decision, id: string, trackingId: string) =>
  request.audience === 'voucher' ? voucherView(request, decision, trackingId) : stackView(request, decision, id, trackingId);
