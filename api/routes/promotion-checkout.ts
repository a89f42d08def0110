import type { z } from 'zod';
import type { Checkout } from '../../activities/checkout/checkout.ts';
import type { Sql } from '../../db/client.ts';
import { listTiers, type PromotionTier } from '../../db/promotion/tiers.ts';
import { stackingRulesOf } from '../../db/promotion/stacking-rules.ts';
import { answerOf } from '../checkout/answer.ts';
import { onceOf, questionOf } from '../checkout/request.ts';
import { route, type RequestContext, type Route } from '../http/route.ts';
import { clientPromotionsQuery } from '../schemas/client.ts';
import { promotionValidationBody, promotionValidationSchema } from '../schemas/promotion-checkout.ts';
import { tierParams } from '../schemas/promotion-tier.ts';
import { singleBody } from '../schemas/redeemable.ts';
import { redemptionSchema } from '../schemas/redemption.ts';

export interface PromotionCheckoutRoutesDeps {
  sql: Sql;
  now: () => Date;
  checkout: Pick<Checkout, 'validate' | 'redeem'>;
}

const tag = 'Promotions';

/** How many tiers one call looks at, the ones that were made first. */
const MOST_TIERS = 100;

/** What the validation of one tier says, as far as this call tells it. */
interface TierAnswer {
  valid: boolean;
  order: { total_discount_amount?: number; total_applied_discount_amount?: number } | null;
  tracking_id: string;
  redeemables: { applicable_to?: unknown; inapplicable_to?: unknown }[];
}

const offerView = (tier: PromotionTier, { order, redeemables }: TierAnswer) => ({
  id: tier.id,
  object: 'promotion_tier' as const,
  name: tier.name,
  banner: tier.banner,
  hierarchy: tier.hierarchy,
  discount: tier.discount,
  discount_amount: order?.total_discount_amount ?? 0,
  applied_discount_amount: order?.total_applied_discount_amount ?? 0,
  order,
  applicable_to: redeemables[0]?.applicable_to,
  inapplicable_to: redeemables[0]?.inapplicable_to,
  start_date: tier.startDate?.toISOString() ?? null,
  expiration_date: tier.expirationDate?.toISOString() ?? null,
  metadata: tier.metadata,
});

type Asking = Pick<RequestContext<unknown, unknown, z.output<typeof promotionValidationBody>>, 'project' | 'apiKey' | 'requestId' | 'body'>;

/** The older calls about promotions; `POST /v1/qualifications` and `POST /v1/redemptions` ask the same and more. */
export const createPromotionCheckoutRoutes = ({ sql, now, checkout }: PromotionCheckoutRoutesDeps): Route[] => {
  const offers = async (context: Asking, audience: 'stack' | 'client') => {
    const { project, body } = context;
    const request = { limit: MOST_TIERS, page: 1, descending: false };
    const { rows: tiers } = await listTiers(sql, project.id, { available: { at: now() } }, request);
    const rules = stackingRulesOf(project.stackingRules);
    const answers = await Promise.all(
      tiers.map(async ({ id }) => {
        const question = questionOf(context, body, [{ object: 'promotion_tier', id }], rules, audience, []);
        return (await checkout.validate(question)) as unknown as TierAnswer;
      }),
    );
    const promotions = tiers
      .flatMap((tier, index) => (answers[index]!.valid ? [offerView(tier, answers[index]!)] : []))
      .toSorted((a, b) => a.hierarchy - b.hierarchy);
    const trackingId = body.tracking_id ?? answers[0]?.tracking_id ?? null;
    return { valid: promotions.length > 0, promotions, tracking_id: trackingId };
  };

  return [
    route({
      method: 'post',
      path: '/v1/promotions/validation',
      tag,
      summary: 'Tell which promotion tiers apply to an order (older call)',
      description: `Looks at ${MOST_TIERS} tiers at most; \`POST /v1/qualifications\` looks at all.`,
      scope: 'validations:write',
      body: promotionValidationBody,
      responses: { 200: { description: 'What applies, in the order in which it is offered', schema: promotionValidationSchema } },
      handler: async (context) => ({ status: 200, body: await offers(context, 'stack') }),
    }),
    route({
      method: 'get',
      path: '/client/v1/promotions/validation',
      tag: 'Client side',
      summary: 'Tell which promotion tiers apply to an order, from a browser (older call)',
      scope: 'validations:write',
      query: clientPromotionsQuery,
      responses: { 200: { description: 'What applies, in the order in which it is offered', schema: promotionValidationSchema } },
      handler: async ({ query: body, ...context }) => ({ status: 200, body: await offers({ ...context, body }, 'client') }),
    }),
    route({
      method: 'post',
      path: '/v1/promotions/tiers/{id}/redemption',
      tag,
      summary: 'Redeem a promotion tier for an order (older call)',
      scope: 'redemptions:write',
      params: tierParams,
      body: singleBody,
      responses: {
        200: { description: 'The redemption', schema: redemptionSchema },
        400: { description: 'Why it is refused; nothing was redeemed' },
        404: { description: 'There is no such tier' },
      },
      handler: async (context) => {
        const rules = stackingRulesOf(context.project.stackingRules);
        const asked = { object: 'promotion_tier' as const, id: context.params.id };
        const question = questionOf(context, context.body, [asked], rules, 'voucher', []);
        return answerOf(await checkout.redeem({ ...question, ...onceOf(context) }));
      },
    }),
  ];
};
