import type { Sql } from '../../db/client.ts';
import { readMemberTiers, type StandingTier } from '../../db/loyalty/standings.ts';
import { loyaltyTierView } from '../../db/loyalty/tiers.ts';
import { rewardsOfProgram, type ProgramReward } from '../../db/loyalty/program-rewards.ts';
import { rewardAssignmentView } from '../../db/loyalty/reward-assignments.ts';
import { rewardView } from '../../db/loyalty/rewards.ts';
import { mappedPoints } from '../../domain/loyalty/mapping.ts';
import { findMember } from '../loyalty/member.ts';
import { route, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import { loyaltyTierListSchema, memberRewardListSchema } from '../schemas/loyalty-tier.ts';
import { memberParams } from '../schemas/loyalty.ts';
import { listMemberRewardsQuery } from '../schemas/member-reward.ts';

export interface MemberTierRoutesDeps {
  sql: Sql;
}

const tag = 'Loyalty programs';
const missing = { description: 'There is no such loyalty card' };

/** More than any program has. */
const MOST_REWARDS = 1_000;

/** What a reward costs on a tier, and how many points it takes at the least. */
const pricedOn = ({ reward, assignment }: ProgramReward, tier: StandingTier | undefined) => {
  const mapping = tier?.rewards[reward.id];
  const points = assignment.points === null ? null : mappedPoints(assignment.points, mapping);
  const least = points ?? mappedPoints(reward.parameters.coin?.points_ratio ?? 1, mapping);
  return { reward, assignment: { ...assignment, points }, least };
};

const standingView = (tier: StandingTier) => ({
  ...loyaltyTierView(tier),
  expiration: {
    customer_id: tier.customerId,
    campaign_id: tier.campaignId,
    tier_id: tier.id,
    start_date: tier.startDate.toISOString(),
    expiration_date: tier.expirationDate?.toISOString() ?? null,
    created_at: tier.standingSince.toISOString(),
    updated_at: tier.standingUpdatedAt?.toISOString() ?? null,
  },
});

export const createMemberTierRoutes = ({ sql }: MemberTierRoutesDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/loyalties/members/{member}/tiers',
    tag,
    summary: 'List the tiers on which a member stands',
    scope: 'loyalties:read',
    params: memberParams,
    responses: { 200: { description: 'Tiers', schema: loyaltyTierListSchema }, 404: missing },
    handler: async ({ project, params }) => {
      const { holderId, campaignId } = await findMember(sql, project, params);
      const tiers = holderId && campaignId ? await readMemberTiers(sql, project.id, [holderId], [campaignId]) : [];
      return { status: 200, body: list('data', tiers.map(standingView), { total: tiers.length, hasMore: false }) };
    },
  }),
  route({
    method: 'get',
    path: '/v1/loyalties/members/{member}/rewards',
    tag,
    summary: 'List the rewards that a member can have, with what they cost them',
    scope: 'loyalties:read',
    params: memberParams,
    query: listMemberRewardsQuery,
    responses: { 200: { description: 'Rewards', schema: memberRewardListSchema }, 404: missing },
    handler: async ({ project, params, query: { affordable_only: affordable, ...paging } }) => {
      const { holderId, campaignId, loyaltyCard } = await findMember(sql, project, params);
      const [tier] = holderId && campaignId ? await readMemberTiers(sql, project.id, [holderId], [campaignId]) : [];
      const all = await rewardsOfProgram(sql, project.id, campaignId ?? '', { limit: MOST_REWARDS, page: 1 });
      const priced = all.rows.map((each) => pricedOn(each, tier));
      const rows = affordable ? priced.filter(({ least }) => least <= loyaltyCard!.balance) : priced;
      const [from, to] = [(paging.page - 1) * paging.limit, paging.page * paging.limit];
      const views = rows.slice(from, to).map(({ reward, assignment }) => ({
        reward: rewardView(reward),
        assignment: rewardAssignmentView(assignment),
        object: 'loyalty_reward' as const,
      }));
      return { status: 200, body: list('data', views, { total: rows.length, hasMore: rows.length > to }) };
    },
  }),
];
