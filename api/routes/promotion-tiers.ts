import type { Sql, Tx } from '../../db/client.ts';
import { deleteTier, findTier, listTiers, lockTier, tiersOfCampaign, updateTier, type PromotionTier } from '../../db/promotion/tiers.ts';
import { notFound } from '../http/errors.ts';
import { findPromotion, lockPromotion } from '../campaign/promotion-campaign.ts';
import { addTier, tierChange, tierViews } from '../campaign/promotion-tier.ts';
import { route, type Answer, type RequestContext, type Route } from '../http/route.ts';
import { requireRules } from '../campaign/rule-references.ts';
import { list } from '../schemas/list.ts';
import {
  createTierBody,
  listTiersQuery,
  promotionParams,
  tierListSchema,
  tierParams,
  tierSchema,
  updateTierBody,
} from '../schemas/promotion-tier.ts';

export interface PromotionTierRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const tag = 'Promotions';
const found = { description: 'The tier', schema: tierSchema };
const tiers = { 200: { description: 'Tiers', schema: tierListSchema } };
const missing = { 404: { description: 'There is no such tier' } };
const missingCampaign = { 404: { description: 'There is no such promotion campaign' } };

const locked = async (tx: Tx, projectId: string, id: string): Promise<PromotionTier> => {
  const tier = await lockTier(tx, projectId, id);
  if (!tier) throw notFound('promotion tier', id);
  return tier;
};

export const createPromotionTierRoutes = ({ sql, now }: PromotionTierRoutesDeps): Route[] => {
  const setActive = ({ project, params, write }: RequestContext<{ id: string }>, active: boolean): Promise<Answer> =>
    write(async (tx) => {
      const event = `promotion_tier.${active ? 'enabled' : 'disabled'}`;
      const tier = await updateTier(tx, await locked(tx, project.id, params.id), { active }, event, now());
      return { status: 200, body: (await tierViews(tx, project.id, [tier]))[0] };
    });

  return [
    route({
      method: 'get',
      path: '/v1/promotions/tiers',
      tag,
      summary: 'List promotion tiers of all campaigns',
      scope: 'campaigns:read',
      query: listTiersQuery,
      responses: tiers,
      handler: async ({ project, query }) => {
        const { limit, page, order, starting_after: startingAfter, is_available: available } = query;
        const request = { limit, page, descending: order === '-created_at', startingAfter };
        const listed = await listTiers(sql, project.id, available ? { available: { at: now() } } : {}, request);
        return { status: 200, body: list('tiers', await tierViews(sql, project.id, listed.rows), listed) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/promotions/tiers/{id}',
      tag,
      summary: 'Get a promotion tier',
      scope: 'campaigns:read',
      params: tierParams,
      responses: { 200: found, ...missing },
      handler: async ({ project, params }) => {
        const tier = await findTier(sql, project.id, params.id);
        if (!tier) throw notFound('promotion tier', params.id);
        return { status: 200, body: (await tierViews(sql, project.id, [tier]))[0] };
      },
    }),
    route({
      method: 'put',
      path: '/v1/promotions/tiers/{id}',
      tag,
      summary: 'Update a promotion tier',
      description: 'What is left out stays as it is; null empties a field. Metadata is replaced.',
      scope: 'campaigns:write',
      params: tierParams,
      body: updateTierBody,
      responses: { 200: found, ...missing },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          const tier = await locked(tx, project.id, params.id);
          const next = await updateTier(tx, tier, await tierChange(tx, tier, body), 'promotion_tier.updated', now());
          return { status: 200, body: (await tierViews(tx, project.id, [next]))[0] };
        }),
    }),
    route({
      method: 'delete',
      path: '/v1/promotions/tiers/{id}',
      tag,
      summary: 'Delete a promotion tier; its redemptions stay',
      scope: 'campaigns:write',
      params: tierParams,
      responses: { 204: { description: 'Deleted' }, ...missing },
      handler: ({ project, params, write }) =>
        write(async (tx) => {
          await deleteTier(tx, await locked(tx, project.id, params.id), now());
          return { status: 204 };
        }),
    }),
    route({
      method: 'post',
      path: '/v1/promotions/tiers/{id}/enable',
      tag,
      summary: 'Enable a promotion tier',
      scope: 'campaigns:write',
      params: tierParams,
      responses: { 200: found, ...missing },
      handler: (context) => setActive(context, true),
    }),
    route({
      method: 'post',
      path: '/v1/promotions/tiers/{id}/disable',
      tag,
      summary: 'Disable a promotion tier, so that nobody gets it',
      scope: 'campaigns:write',
      params: tierParams,
      responses: { 200: found, ...missing },
      handler: (context) => setActive(context, false),
    }),
    route({
      method: 'get',
      path: '/v1/promotions/{campaign}/tiers',
      tag,
      summary: 'List the tiers of a promotion campaign, in the order in which they are offered',
      scope: 'campaigns:read',
      params: promotionParams,
      responses: { ...tiers, ...missingCampaign },
      handler: async ({ project, params }) => {
        const campaign = await findPromotion(sql, project.id, params.campaign);
        const rows = await tierViews(sql, project.id, await tiersOfCampaign(sql, project.id, campaign.id));
        return { status: 200, body: list('tiers', rows, { total: rows.length, hasMore: false }) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/promotions/{campaign}/tiers',
      tag,
      summary: 'Add a tier to a promotion campaign',
      scope: 'campaigns:write',
      params: promotionParams,
      body: createTierBody,
      responses: { 200: found, ...missingCampaign },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          await requireRules(tx, project.id, body.validation_rules ?? []);
          const tier = await addTier(tx, await lockPromotion(tx, project.id, params.campaign), body, now());
          return { status: 200, body: (await tierViews(tx, project.id, [tier]))[0] };
        }),
    }),
  ];
};
