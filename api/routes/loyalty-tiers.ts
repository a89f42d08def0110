import type { z } from 'zod';
import { sweepTiersFirst } from '../../activities/loyalty/tiers.ts';
import type { Db, Sql } from '../../db/client.ts';
import { earningRuleView, listEarningRules, type EarningRule } from '../../db/loyalty/earning-rules.ts';
import {
  createLoyaltyTiers,
  deleteLoyaltyTier,
  findLoyaltyTier,
  listLoyaltyTiers,
  loyaltyTierView,
  updateLoyaltyTier,
  type LoyaltyTier,
  type TierFields,
  type TierOrder,
} from '../../db/loyalty/tiers.ts';
import { rewardsOfProgram } from '../../db/loyalty/program-rewards.ts';
import { rewardAssignmentView } from '../../db/loyalty/reward-assignments.ts';
import { rewardView } from '../../db/loyalty/rewards.ts';
import { mappedPoints } from '../../domain/loyalty/mapping.ts';
import { notFound } from '../http/errors.ts';
import { findLoyaltyProgram, lockLoyaltyProgram } from '../loyalty/program.ts';
import { requireApart, requireMapped, tiersWith } from '../loyalty/tier.ts';
import { route, type Route } from '../http/route.ts';
import { earningRuleListSchema } from '../schemas/earning-rule.ts';
import { list } from '../schemas/list.ts';
import {
  createTiersBody,
  listOfTierQuery,
  listTiersQuery,
  loyaltyTierListSchema,
  loyaltyTierSchema,
  loyaltyTiersSchema,
  tierOfProgramParams,
  tierRewardListSchema,
  updateTierBody,
} from '../schemas/loyalty-tier.ts';
import { programParams } from '../schemas/loyalty.ts';

export interface LoyaltyTierRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const tag = 'Loyalty programs';
const found = { description: 'The tier', schema: loyaltyTierSchema };
const missing = { description: 'There is no such loyalty program or tier' };

type TierInput = z.output<typeof updateTierBody>;

const changeOf = ({ name, points, earning_rules: earningRules, rewards, metadata }: TierInput): Partial<TierFields> => ({
  ...(name !== undefined && { name }),
  ...(points && { pointsFrom: points.from, pointsTo: points.to ?? null }),
  ...(earningRules && { earningRules }),
  ...(rewards && { rewards }),
  ...(metadata !== undefined && { metadata: metadata ?? {} }),
});

const NEW: Pick<TierFields, 'pointsTo' | 'earningRules' | 'rewards' | 'metadata'> = {
  pointsTo: null,
  earningRules: {},
  rewards: {},
  metadata: {},
};

/** A tier that is not written yet, to be compared with those that are. */
const drafted = (fields: TierFields): LoyaltyTier => ({
  ...fields,
  projectId: '',
  id: '',
  campaignId: '',
  createdAt: new Date(0),
  updatedAt: null,
});

const requireTier = async (db: Db, projectId: string, campaignId: string, id: string): Promise<LoyaltyTier> => {
  const tier = await findLoyaltyTier(db, projectId, campaignId, id);
  if (!tier) throw notFound('loyalty tier', id);
  return tier;
};

/** A rule with what it gives who stands on the tier. What is reckoned for each event is mapped when it is. */
const ruleOnTier = (rule: EarningRule, tier: LoyaltyTier): EarningRule =>
  rule.loyalty.type === 'FIXED'
    ? { ...rule, loyalty: { ...rule.loyalty, points: mappedPoints(rule.loyalty.points, tier.earningRules[rule.id]) } }
    : rule;

export const createLoyaltyTierRoutes = ({ sql, now }: LoyaltyTierRoutesDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/loyalties/{campaign}/tiers',
    tag,
    summary: 'List the tiers of a loyalty program',
    scope: 'loyalties:read',
    params: programParams,
    query: listTiersQuery,
    responses: { 200: { description: 'Tiers', schema: loyaltyTierListSchema }, 404: missing },
    handler: async ({ project, params, query: { order, ...paging } }) => {
      const { id } = await findLoyaltyProgram(sql, project.id, params.campaign);
      const by = { order: order.replace('-', '') as TierOrder, descending: order.startsWith('-') };
      const listed = await listLoyaltyTiers(sql, project.id, id, { ...paging, ...by });
      return { status: 200, body: list('data', listed.rows.map(loyaltyTierView), listed) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/loyalties/{campaign}/tiers',
    tag,
    summary: 'Add tiers to a loyalty program',
    description: 'Members come to them at once in a small program, within minutes in a large one.',
    scope: 'loyalties:write',
    params: programParams,
    body: createTiersBody,
    responses: { 200: { description: 'The tiers, in the order given', schema: loyaltyTiersSchema }, 404: missing },
    handler: ({ project, params, body, write }) =>
      write(async (tx) => {
        const program = await lockLoyaltyProgram(tx, project.id, params.campaign);
        const fields = body.map((tier): TierFields => ({ ...NEW, name: tier.name, pointsFrom: tier.points.from, ...changeOf(tier) }));
        requireApart(await tiersWith(tx, program, fields.map(drafted)), 'points');
        for (const [index, tier] of fields.entries()) await requireMapped(tx, program, tier, `[${index}].`);
        const tiers = await createLoyaltyTiers(tx, program, fields, now());
        await sweepTiersFirst(tx, program, now());
        return { status: 200, body: tiers.map(loyaltyTierView) };
      }),
  }),
  route({
    method: 'get',
    path: '/v1/loyalties/{campaign}/tiers/{tier}',
    tag,
    summary: 'Get a tier of a loyalty program',
    scope: 'loyalties:read',
    params: tierOfProgramParams,
    responses: { 200: found, 404: missing },
    handler: async ({ project, params }) => {
      const { id } = await findLoyaltyProgram(sql, project.id, params.campaign);
      return { status: 200, body: loyaltyTierView(await requireTier(sql, project.id, id, params.tier)) };
    },
  }),
  route({
    method: 'put',
    path: '/v1/loyalties/{campaign}/tiers/{tier}',
    tag,
    summary: 'Update a tier of a loyalty program',
    description: 'What is left out stays as it is. Mappings and metadata are replaced.',
    scope: 'loyalties:write',
    params: tierOfProgramParams,
    body: updateTierBody,
    responses: { 200: found, 404: missing },
    handler: ({ project, params, body, write }) =>
      write(async (tx) => {
        const program = await lockLoyaltyProgram(tx, project.id, params.campaign);
        const tier = await requireTier(tx, project.id, program.id, params.tier);
        const next = { ...tier, ...changeOf(body) };
        requireApart(await tiersWith(tx, program, [next]), 'points');
        await requireMapped(tx, program, { earningRules: body.earning_rules ?? {}, rewards: body.rewards ?? {} }, '');
        const updated = await updateLoyaltyTier(tx, tier, changeOf(body), now());
        await sweepTiersFirst(tx, program, now());
        return { status: 200, body: loyaltyTierView(updated) };
      }),
  }),
  route({
    method: 'delete',
    path: '/v1/loyalties/{campaign}/tiers/{tier}',
    tag,
    summary: 'Delete a tier of a loyalty program; its members fall to what their points are enough for',
    scope: 'loyalties:write',
    params: tierOfProgramParams,
    responses: { 204: { description: 'Deleted' }, 404: missing },
    handler: ({ project, params, write }) =>
      write(async (tx) => {
        const program = await lockLoyaltyProgram(tx, project.id, params.campaign);
        await deleteLoyaltyTier(tx, await requireTier(tx, project.id, program.id, params.tier), now());
        await sweepTiersFirst(tx, program, now());
        return { status: 204 };
      }),
  }),
  route({
    method: 'get',
    path: '/v1/loyalties/{campaign}/tiers/{tier}/rewards',
    tag,
    summary: 'List the rewards of a loyalty program with what they cost on a tier',
    scope: 'loyalties:read',
    params: tierOfProgramParams,
    query: listOfTierQuery,
    responses: { 200: { description: 'Rewards', schema: tierRewardListSchema }, 404: missing },
    handler: async ({ project, params, query }) => {
      const { id } = await findLoyaltyProgram(sql, project.id, params.campaign);
      const tier = await requireTier(sql, project.id, id, params.tier);
      const listed = await rewardsOfProgram(sql, project.id, id, query);
      const views = listed.rows.map(({ reward, assignment }) => {
        const points = assignment.points === null ? null : mappedPoints(assignment.points, tier.rewards[reward.id]);
        return {
          reward: rewardView(reward),
          assignment: rewardAssignmentView({ ...assignment, points }),
          object: 'loyalty_tier_reward' as const,
        };
      });
      return { status: 200, body: list('data', views, listed) };
    },
  }),
  route({
    method: 'get',
    path: '/v1/loyalties/{campaign}/tiers/{tier}/earning-rules',
    tag,
    summary: 'List the earning rules of a loyalty program with what they give on a tier',
    description:
      'Fixed points are those of the tier. Points that are reckoned for each event are mapped then, as `earning_rules` of the tier says.',
    scope: 'loyalties:read',
    params: tierOfProgramParams,
    query: listOfTierQuery,
    responses: { 200: { description: 'Earning rules', schema: earningRuleListSchema }, 404: missing },
    handler: async ({ project, params, query }) => {
      const { id } = await findLoyaltyProgram(sql, project.id, params.campaign);
      const tier = await requireTier(sql, project.id, id, params.tier);
      const listed = await listEarningRules(sql, project.id, id, query);
      return {
        status: 200,
        body: list(
          'data',
          listed.rows.map((rule) => earningRuleView(ruleOnTier(rule, tier))),
          listed,
        ),
      };
    },
  }),
];
