import type { Decision, Outcome } from '../../domain/checkout/checkout.ts';
import type { CheckoutRequest } from '../checkout/request.ts';
import { redeemableView, type orderView } from '../checkout/view.ts';
import type { Redeeming, RedemptionTime } from './row.ts';
import { redeemerView } from './view.ts';

/** The answer of `POST /redemptions`. */
export const stackBody = (
  request: CheckoutRequest,
  decision: Decision,
  id: string,
  ids: string[],
  children: { view: object }[],
  whole: ReturnType<typeof orderView> | null,
  { customer, trackingId, time }: Redeeming,
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
