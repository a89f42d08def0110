import type { z } from 'zod';
import type { CheckoutRequest } from '../../activities/checkout/request.ts';
import type { QualificationActivities, QualificationRequest } from '../../activities/qualification/qualification.ts';
import { stackingRulesOf } from '../../db/promotion/stacking-rules.ts';
import type { OfferFilters } from '../../domain/qualification/filters.ts';
import { questionOf } from '../checkout/request.ts';
import { route, type Answer, type RequestContext, type Route } from '../http/route.ts';
import { qualificationBody, qualificationSchema } from '../schemas/qualification.ts';

export interface QualificationRoutesDeps {
  qualification: Pick<QualificationActivities, 'qualify'>;
}

type Body = z.output<typeof qualificationBody>;

const filtersOf = (filters: NonNullable<Body['options']>['filters']): OfferFilters => {
  const { junction = 'AND', ...fields } = filters ?? {};
  const conditions = Object.entries(fields).flatMap(([name, field]) => (field ? [[name, field.conditions] as const] : []));
  return { junction: junction.toUpperCase() as OfferFilters['junction'], fields: Object.fromEntries(conditions) };
};

const requestOf = (context: RequestContext<unknown, unknown, Body>, audience: CheckoutRequest['audience']): QualificationRequest => {
  const { scenario, options, mode: _mode, ...body } = context.body;
  const rules = stackingRulesOf(context.project.stackingRules);
  return {
    ...questionOf(context, body, [], rules, audience, options?.expand ?? []),
    scenario,
    sorting: options?.sorting_rule ?? 'DEFAULT',
    filters: filtersOf(options?.filters),
    limit: options?.limit ?? 5,
    startingAfter: options?.starting_after ?? null,
  };
};

const tag = 'Qualifications';
const description =
  'Codes that the customer holds, codes and campaigns that are for all, promotion tiers and stacks: each is decided alone, as a validation would. ' +
  '`near` says what would apply, and what is missing for it.';

export const createQualificationRoutes = ({ qualification }: QualificationRoutesDeps): Route[] => {
  const answer = async (context: RequestContext<unknown, unknown, Body>, audience: CheckoutRequest['audience']): Promise<Answer> => ({
    status: 200,
    body: await qualification.qualify(requestOf(context, audience)),
  });

  return [
    route({
      method: 'post',
      path: '/v1/qualifications',
      tag,
      summary: 'Tell what applies to a customer and a cart',
      description,
      scope: 'qualifications:write',
      body: qualificationBody,
      responses: { 200: { description: 'What applies', schema: qualificationSchema } },
      handler: (context) => answer(context, 'stack'),
    }),
    route({
      method: 'post',
      path: '/client/v1/qualifications',
      tag,
      summary: 'Tell what applies to a customer and a cart, from a browser',
      description,
      scope: 'qualifications:write',
      body: qualificationBody,
      responses: { 200: { description: 'What applies', schema: qualificationSchema } },
      handler: (context) => answer(context, 'client'),
    }),
  ];
};
