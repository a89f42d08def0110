import type { Sql } from '../../db/client.ts';
import {
  deleteRewardAssignment,
  findRewardAssignment,
  listRewardAssignments,
  rewardAssignmentView,
} from '../../db/loyalty/reward-assignments.ts';
import { findReward, rewardView } from '../../db/loyalty/rewards.ts';
import { notFound } from '../http/errors.ts';
import { findLoyaltyProgram, lockLoyaltyProgram } from '../loyalty/program.ts';
import { assignReward, changeAssignment, lockedAssignment } from '../loyalty/reward-assignment.ts';
import { route, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import { programParams } from '../schemas/loyalty.ts';
import { rewardSchema } from '../schemas/reward.ts';
import {
  assignmentOfProgramParams,
  assignRewardsBody,
  listRewardAssignmentsQuery,
  rewardAssignmentListSchema,
  rewardAssignmentSchema,
  rewardAssignmentsSchema,
  updateRewardAssignmentBody,
} from '../schemas/reward-assignment.ts';

export interface ProgramRewardRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const tag = 'Loyalty programs';
const found = { description: 'The assignment', schema: rewardAssignmentSchema };
const missing = { description: 'There is no such loyalty program or assignment' };

/** The API has two names for the same: SDKs read by the first as well as by the second. */
const PLACES = ['rewards', 'reward-assignments'] as const;

const routesAt = ({ sql, now }: ProgramRewardRoutesDeps, place: (typeof PLACES)[number]): Route[] => [
  route({
    method: 'get',
    path: `/v1/loyalties/{campaign}/${place}`,
    tag,
    summary: 'List the rewards of a loyalty program and what they cost',
    scope: 'loyalties:read',
    params: programParams,
    query: listRewardAssignmentsQuery,
    responses: { 200: { description: 'Assignments', schema: rewardAssignmentListSchema }, 404: missing },
    handler: async ({ project, params, query }) => {
      const { id: campaignId } = await findLoyaltyProgram(sql, project.id, params.campaign);
      const listed = await listRewardAssignments(sql, project.id, { campaignId }, query);
      return { status: 200, body: list('data', listed.rows.map(rewardAssignmentView), listed) };
    },
  }),
  route({
    method: 'post',
    path: `/v1/loyalties/{campaign}/${place}`,
    tag,
    summary: 'Give a loyalty program rewards, all or none',
    scope: 'loyalties:write',
    params: programParams,
    body: assignRewardsBody,
    responses: {
      200: { description: 'The assignments, in the order of the rewards', schema: rewardAssignmentsSchema },
      404: missing,
      409: { description: 'The program has one of them already' },
    },
    handler: ({ project, params, body, write }) =>
      write(async (tx) => {
        const { id: campaignId } = await lockLoyaltyProgram(tx, project.id, params.campaign);
        const made: ReturnType<typeof rewardAssignmentView>[] = [];
        for (const [index, { reward: rewardId, parameters }] of body.entries()) {
          const of = { projectId: project.id, rewardId, campaignId };
          made.push(rewardAssignmentView(await assignReward(tx, of, parameters, `[${index}].`, now())));
        }
        return { status: 200, body: made };
      }),
  }),
  route({
    method: 'get',
    path: `/v1/loyalties/{campaign}/${place}/{assignment}`,
    tag,
    summary: 'Get what a reward costs in a loyalty program',
    scope: 'loyalties:read',
    params: assignmentOfProgramParams,
    responses: { 200: found, 404: missing },
    handler: async ({ project, params }) => {
      const { id: campaignId } = await findLoyaltyProgram(sql, project.id, params.campaign);
      const assignment = await findRewardAssignment(sql, project.id, { campaignId }, params.assignment);
      if (!assignment) throw notFound('reward assignment', params.assignment);
      return { status: 200, body: rewardAssignmentView(assignment) };
    },
  }),
  route({
    method: 'put',
    path: `/v1/loyalties/{campaign}/${place}/{assignment}`,
    tag,
    summary: 'Change what a reward costs in a loyalty program',
    scope: 'loyalties:write',
    params: assignmentOfProgramParams,
    body: updateRewardAssignmentBody,
    responses: { 200: found, 404: missing },
    handler: ({ project, params, body, write }) =>
      write(async (tx) => {
        const { id: campaignId } = await findLoyaltyProgram(tx, project.id, params.campaign);
        const next = await changeAssignment(tx, project.id, { campaignId }, params.assignment, body.parameters, now());
        return { status: 200, body: rewardAssignmentView(next) };
      }),
  }),
  route({
    method: 'delete',
    path: `/v1/loyalties/{campaign}/${place}/{assignment}`,
    tag,
    summary: 'Take a reward away from a loyalty program',
    scope: 'loyalties:write',
    params: assignmentOfProgramParams,
    responses: { 204: { description: 'Deleted' }, 404: missing },
    handler: ({ project, params, write }) =>
      write(async (tx) => {
        const { id: campaignId } = await findLoyaltyProgram(tx, project.id, params.campaign);
        await deleteRewardAssignment(tx, await lockedAssignment(tx, project.id, { campaignId }, params.assignment), now());
        return { status: 204 };
      }),
  }),
];

export const createProgramRewardRoutes = (deps: ProgramRewardRoutesDeps): Route[] => [
  ...PLACES.flatMap((place) => routesAt(deps, place)),
  route({
    method: 'get',
    path: '/v1/loyalties/{campaign}/reward-assignments/{assignment}/reward',
    tag,
    summary: 'Get the reward of an assignment',
    scope: 'loyalties:read',
    params: assignmentOfProgramParams,
    responses: { 200: { description: 'The reward', schema: rewardSchema }, 404: missing },
    handler: async ({ project, params }) => {
      const { id: campaignId } = await findLoyaltyProgram(deps.sql, project.id, params.campaign);
      const assignment = await findRewardAssignment(deps.sql, project.id, { campaignId }, params.assignment);
      const reward = assignment && (await findReward(deps.sql, project.id, assignment.rewardId));
      if (!reward) throw notFound('reward assignment', params.assignment);
      return { status: 200, body: rewardView(reward) };
    },
  }),
];
