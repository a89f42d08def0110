import { newId } from '../../db/ids.ts';
import type { Decision, Inapplicable } from '../../domain/checkout/checkout.ts';
import { refusalStatus, refuse } from '../../domain/voucher/refusal.ts';
import type { CheckoutRequest } from '../checkout/request.ts';
import { errorView, opaqueErrorView, orderView, traceOf } from '../checkout/view.ts';
import { rowOf, type Redeeming, type RedemptionEffect } from './row.ts';

/** What stands in the way: the first that does not apply, or where all were skipped, that they have no effect. */
const failedOf = ({ outcomes }: Decision): Pick<Inapplicable, 'refusal' | 'redeemable' | 'asked'> => {
  const failed = outcomes.find((outcome) => outcome.status === 'INAPPLICABLE');
  if (failed) return failed;
  const { asked, redeemable } = outcomes[0]!;
  return { asked, redeemable, refusal: refuse('no_effect', 'discount', 0, 'What is asked takes nothing off this order') };
};

/** What is kept, told and answered of a request that is refused. */
export const failureOf = (request: CheckoutRequest, decision: Decision, id: string, redeeming: Redeeming): RedemptionEffect => {
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
        ...rowOf(request, redeeming),
        id,
        result: 'FAILURE',
        ...of,
        parentId: null,
        amount: 0,
        order,
        failureCode: refusal.key,
        failureMessage: refusal.details,
        trace: traceOf(decision, redeeming.time.at),
      },
    ],
    events: [
      {
        id: newId('event'),
        type: 'redemption.failed',
        customerId: redeeming.customer?.id ?? voucher?.holderId ?? null,
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
          tracking_id: redeeming.trackingId,
        },
        occurredAt: redeeming.occurredAt,
      },
    ],
    uses: [],
    spent: [],
    rewards: [],
  };
};
