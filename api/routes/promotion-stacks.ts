import type { Db, Sql, Tx } from '../../db/client.ts';
import {
  createStack,
  deleteStack,
  findStack,
  listStacks,
  lockStack,
  stacksOfCampaign,
  updateStack,
  type PromotionStack,
  type StackOrder,
} from '../../db/promotion/stacks.ts';
import { tiersOfCampaign } from '../../db/promotion/tiers.ts';
import { invalidPayload } from '../../domain/errors.ts';
import { notFound } from '../http/errors.ts';
import { categoryNameOf, namedCategories } from '../campaign/named-category.ts';
import { findPromotion, lockPromotion } from '../campaign/promotion-campaign.ts';
import { route, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import {
  createStackBody,
  listStacksQuery,
  stackListSchema,
  stackParams,
  stackSchema,
  updateStackBody,
} from '../schemas/promotion-stack.ts';
import { promotionParams } from '../schemas/promotion-tier.ts';

export interface PromotionStackRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const tag = 'Promotions';
const found = { description: 'The stack', schema: stackSchema };
const stacks = { 200: { description: 'Stacks', schema: stackListSchema } };
const missing = { 404: { description: 'There is no such stack' } };
const missingCampaign = { 404: { description: 'There is no such promotion campaign' } };

const stackViews = async (db: Db, projectId: string, rows: readonly PromotionStack[]) => {
  const categoriesOf = await namedCategories(
    db,
    projectId,
    rows.map((stack) => stack.category),
  );
  return rows.map((stack) => ({
    id: stack.id,
    name: stack.name,
    campaign_id: stack.campaignId,
    tiers: { ids: stack.tierIds },
    ...categoriesOf(stack.category),
    created_at: stack.createdAt.toISOString(),
    updated_at: stack.updatedAt?.toISOString(),
    object: 'promotion_stack' as const,
  }));
};

/** @throws DomainError invalid_payload, naming the tiers that the campaign does not have */
const requireTiers = async (tx: Tx, campaign: { projectId: string; id: string }, ids: readonly string[]): Promise<void> => {
  const known = new Set((await tiersOfCampaign(tx, campaign.projectId, campaign.id)).map((tier) => tier.id));
  const fields = ids.flatMap((id, index) =>
    known.has(id) ? [] : [{ path: `tiers.ids[${index}]`, message: `names the tier ${id}, which this campaign does not have` }],
  );
  if (fields.length > 0) throw invalidPayload(fields);
};

export const createPromotionStackRoutes = ({ sql, now }: PromotionStackRoutesDeps): Route[] => {
  const locked = async (tx: Tx, projectId: string, { campaign, id }: { campaign: string; id: string }) => {
    const promotion = await lockPromotion(tx, projectId, campaign);
    const stack = await lockStack(tx, projectId, promotion.id, id);
    if (!stack) throw notFound('promotion stack', id);
    return { promotion, stack };
  };

  return [
    route({
      method: 'get',
      path: '/v1/promotions/stacks',
      tag,
      summary: 'List promotion stacks of all campaigns',
      scope: 'campaigns:read',
      query: listStacksQuery,
      responses: stacks,
      handler: async ({ project, query: { limit, page, order, created_at: created, updated_at: updated } }) => {
        const filter = {
          createdAfter: created?.after,
          createdBefore: created?.before,
          updatedAfter: updated?.after,
          updatedBefore: updated?.before,
        };
        const sorting = { order: order.replace('-', '') as StackOrder, descending: order.startsWith('-') };
        const listed = await listStacks(sql, project.id, filter, { limit, page, ...sorting });
        return { status: 200, body: list('data', await stackViews(sql, project.id, listed.rows), listed) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/promotions/{campaign}/stacks',
      tag,
      summary: 'List the stacks of a promotion campaign',
      scope: 'campaigns:read',
      params: promotionParams,
      responses: { ...stacks, ...missingCampaign },
      handler: async ({ project, params }) => {
        const campaign = await findPromotion(sql, project.id, params.campaign);
        const rows = await stackViews(sql, project.id, await stacksOfCampaign(sql, project.id, campaign.id));
        return { status: 200, body: list('data', rows, { total: rows.length, hasMore: false }) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/promotions/{campaign}/stacks',
      tag,
      summary: 'Add a stack to a promotion campaign: tiers that are asked for together',
      scope: 'campaigns:write',
      params: promotionParams,
      body: createStackBody,
      responses: { 200: found, ...missingCampaign },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          const campaign = await lockPromotion(tx, project.id, params.campaign);
          await requireTiers(tx, campaign, body.tiers.ids);
          const category = (await categoryNameOf(tx, project.id, body)) ?? null;
          const stack = await createStack(tx, campaign, { name: body.name, tierIds: body.tiers.ids, category }, now());
          return { status: 200, body: (await stackViews(tx, project.id, [stack]))[0] };
        }),
    }),
    route({
      method: 'get',
      path: '/v1/promotions/{campaign}/stacks/{id}',
      tag,
      summary: 'Get a promotion stack',
      scope: 'campaigns:read',
      params: stackParams,
      responses: { 200: found, ...missing },
      handler: async ({ project, params }) => {
        const campaign = await findPromotion(sql, project.id, params.campaign);
        const stack = await findStack(sql, project.id, campaign.id, params.id);
        if (!stack) throw notFound('promotion stack', params.id);
        return { status: 200, body: (await stackViews(sql, project.id, [stack]))[0] };
      },
    }),
    route({
      method: 'put',
      path: '/v1/promotions/{campaign}/stacks/{id}',
      tag,
      summary: 'Update a promotion stack',
      description: 'What is left out stays as it is.',
      scope: 'campaigns:write',
      params: stackParams,
      body: updateStackBody,
      responses: { 200: found, ...missing },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          const { promotion, stack } = await locked(tx, project.id, params);
          if (body.tiers) await requireTiers(tx, promotion, body.tiers.ids);
          const category = await categoryNameOf(tx, project.id, body);
          const change = {
            ...(body.name !== undefined && { name: body.name }),
            ...(body.tiers && { tierIds: body.tiers.ids }),
            ...(category !== undefined && { category }),
          };
          return { status: 200, body: (await stackViews(tx, project.id, [await updateStack(tx, stack, change, now())]))[0] };
        }),
    }),
    route({
      method: 'delete',
      path: '/v1/promotions/{campaign}/stacks/{id}',
      tag,
      summary: 'Delete a promotion stack; its tiers stay',
      scope: 'campaigns:write',
      params: stackParams,
      responses: { 204: { description: 'Deleted' }, ...missing },
      handler: ({ project, params, write }) =>
        write(async (tx) => {
          const { stack } = await locked(tx, project.id, params);
          await deleteStack(tx, stack, now());
          return { status: 204 };
        }),
    }),
  ];
};
