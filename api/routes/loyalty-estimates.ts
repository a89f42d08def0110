import { createEstimates } from '../../activities/loyalty/earning/estimate.ts';
import type { Sql } from '../../db/client.ts';
import { namedCustomer } from '../checkout/request.ts';
import { findLoyaltyProgram } from '../loyalty/program.ts';
import { route, type Route } from '../http/route.ts';
import { estimateBody, estimateSchema } from '../schemas/loyalty-estimate.ts';
import { programParams } from '../schemas/loyalty.ts';
import { toldOrder } from './orders.ts';

export interface LoyaltyEstimateRoutesDeps {
  sql: Sql;
  now: () => Date;
}

export const createLoyaltyEstimateRoutes = ({ sql, now }: LoyaltyEstimateRoutesDeps): Route[] => {
  const estimate = createEstimates({ sql, now });
  return [
    route({
      method: 'post',
      path: '/v1/loyalties/{campaign}/qualifications',
      tag: 'Loyalty points',
      summary: 'Estimate how many points an order would give',
      description: 'By the rules for paid orders, and the tier on which the customer is now. It changes nothing.',
      scope: 'loyalties:read',
      params: programParams,
      body: estimateBody,
      responses: {
        200: { description: 'The estimate', schema: estimateSchema },
        400: { description: 'The program is disabled, or the customer has no card that earns' },
        404: { description: 'There is no such loyalty program, order or customer' },
      },
      handler: async ({ project, params, body }) => {
        const program = await findLoyaltyProgram(sql, project.id, params.campaign);
        const order = { ...toldOrder(project, body.order), id: body.order.id };
        const { points, rules } = await estimate({ project, program, customer: namedCustomer(body.customer), order });
        return {
          status: 200,
          body: {
            campaign: { id: program.id, name: program.name, object: 'campaign' },
            points_estimation: points,
            earning_rules: rules.map(({ id, banner, points: given }) => ({ id, source: { banner: banner ?? undefined }, points: given })),
          },
        };
      },
    }),
  ];
};
