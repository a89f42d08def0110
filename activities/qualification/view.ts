import type { NearOffer } from '../../domain/qualification/near.ts';
import type { Qualification } from '../../domain/qualification/qualify.ts';
import type { Offer, QualifiedOffer } from '../../domain/qualification/offer.ts';
import { applicableView } from '../checkout/applicable-view.ts';
import { appliedView, orderView } from '../checkout/view.ts';
import type { QualificationRequest } from './qualification.ts';
import type { KnownVoucher } from '../checkout/voucher-states.ts';

/** What is told of an offer beside what it gives. */
const about = ({ object, id, parts, createdAt }: Offer) => {
  const [part] = parts;
  const { redeemable } = part!;
  const { campaign } = redeemable;
  const tier = redeemable.object === 'promotion_tier' ? redeemable : null;
  return {
    id,
    object,
    created_at: new Date(createdAt).toISOString(),
    ...(object === 'campaign'
      ? { name: campaign?.name }
      : tier && object === 'promotion_tier'
        ? { name: tier.name, banner: tier.banner }
        : {}),
    ...(campaign && { campaign_name: campaign.name, campaign_id: campaign.id }),
    metadata: tier ? tier.metadata : (redeemable as KnownVoucher).metadata,
    validation_rules: redeemable.rules.map((rule) => rule.id),
  };
};

const rulesView = (ids: readonly string[]) => ({
  object: 'list',
  data_ref: 'data',
  data: ids.map((id) => ({ rule_id: id, object: 'validation_rules_assignment' })),
  total: ids.length,
});

const qualifiedView = ({ offer, outcomes }: QualifiedOffer, request: QualificationRequest) => {
  const { validation_rules: rules, ...told } = about(offer);
  const last = outcomes.at(-1)!;
  const views = outcomes.map((outcome) => appliedView(outcome, request));
  const stack = offer.object === 'promotion_stack';
  return {
    ...told,
    result: stack ? {} : views[0]!.result,
    ...(request.order && { order: orderView(request.order, last.cart) }),
    ...applicableView(stack ? null : last.scope),
    categories: stack ? [] : views[0]!.categories,
    ...(rules[0] !== undefined && { validation_rule_id: rules[0] }),
    ...(request.expand.includes('validation_rules') && { validation_rules_assignments: rulesView(rules) }),
    ...(stack && { redeemables: views.map(({ status: _status, ...view }) => view) }),
  };
};

const nearView = ({ offer, shortfalls }: NearOffer) => {
  const { validation_rules: _rules, ...told } = about(offer);
  return { ...told, missing: shortfalls };
};

/** The answer of `POST /qualifications`. */
export const qualificationView = (request: QualificationRequest, { page, hasMore, total, near }: Qualification, id: string) => ({
  redeemables: {
    object: 'list' as const,
    data_ref: 'data' as const,
    data: page.map((each) => qualifiedView(each, request)),
    total,
    has_more: hasMore,
    ...(hasMore && { more_starting_after: page.at(-1)!.offer.id }),
  },
  near: { object: 'list' as const, data_ref: 'data' as const, data: near.map(nearView), total: near.length },
  tracking_id: request.trackingId ?? `track_${id.slice('valid_'.length)}`,
  ...(request.order && { order: orderView(request.order, null) }),
  stacking_rules: request.stackingRules,
});
