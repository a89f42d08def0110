import type { Db, Sql } from '../../db/client.ts';
import {
  deleteRewardAssignment,
  findRewardAssignment,
  listRewardAssignments,
  rewardAssignmentView,
} from '../../db/loyalty/reward-assignments.ts';
import { findReward } from '../../db/loyalty/rewards.ts';
import { notFound } from '../http/errors.ts';
import { lockLoyaltyProgram } from '../loyalty/program.ts';
import { assignReward, changeAssignment, lockedAssignment } from '../loyalty/reward-assignment.ts';
import { route, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import { rewardParams } from '../schemas/reward.ts';
import {
  assignRewardBody,
  listRewardAssignmentsQuery,
  rewardAssignmentListSchema,
  rewardAssignmentParams,
  rewardAssignmentSchema,
  updateRewardAssignmentBody,
} from '../schemas/reward-assignment.ts';

export interface RewardAssignmentRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const tag = 'Rewards';
const found = { description: 'The assignment', schema: rewardAssignmentSchema };
const missing = { description: 'There is no such reward or assignment' };

const requireReward = async (db: Db, projectId: string, id: string): Promise<void> => {
  if (!(await findReward(db, projectId, id))) throw notFound('reward', id);
};

export const createRewardAssignmentRoutes = ({ sql, now }: RewardAssignmentRoutesDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/rewards/{id}/assignments',
    tag,
    summary: 'List the loyalty programs that have a reward',
    scope: 'rewards:read',
    params: rewardParams,
    query: listRewardAssignmentsQuery,
    responses: { 200: { description: 'Assignments', schema: rewardAssignmentListSchema }, 404: missing },
    handler: async ({ project, params, query }) => {
      await requireReward(sql, project.id, params.id);
      const listed = await listRewardAssignments(sql, project.id, { rewardId: params.id }, query);
      return { status: 200, body: list('data', listed.rows.map(rewardAssignmentView), listed) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/rewards/{id}/assignments',
    tag,
    summary: 'Give a loyalty program a reward',
    scope: 'rewards:write',
    params: rewardParams,
    body: assignRewardBody,
    responses: { 200: found, 404: missing, 409: { description: 'The program has it already' } },
    handler: ({ project, params, body, write }) =>
      write(async (tx) => {
        await requireReward(tx, project.id, params.id);
        const { id: campaignId } = await lockLoyaltyProgram(tx, project.id, body.campaign);
        const of = { projectId: project.id, rewardId: params.id, campaignId };
        return { status: 200, body: rewardAssignmentView(await assignReward(tx, of, body.parameters, '', now())) };
      }),
  }),
  route({
    method: 'get',
    path: '/v1/rewards/{id}/assignments/{assignment}',
    tag,
    summary: 'Get an assignment of a reward',
    scope: 'rewards:read',
    params: rewardAssignmentParams,
    responses: { 200: found, 404: missing },
    handler: async ({ project, params }) => {
      const assignment = await findRewardAssignment(sql, project.id, { rewardId: params.id }, params.assignment);
      if (!assignment) throw notFound('reward assignment', params.assignment);
      return { status: 200, body: rewardAssignmentView(assignment) };
    },
  }),
  route({
    method: 'put',
    path: '/v1/rewards/{id}/assignments/{assignment}',
    tag,
    summary: 'Change what a reward costs in a loyalty program',
    scope: 'rewards:write',
    params: rewardAssignmentParams,
    body: updateRewardAssignmentBody,
    responses: { 200: found, 404: missing },
    handler: ({ project, params, body, write }) =>
      write(async (tx) => {
        const next = await changeAssignment(tx, project.id, { rewardId: params.id }, params.assignment, body.parameters, now());
        return { status: 200, body: rewardAssignmentView(next) };
      }),
  }),
  route({
    method: 'delete',
    path: '/v1/rewards/{id}/assignments/{assignment}',
    tag,
    summary: 'Take a reward away from a loyalty program',
    scope: 'rewards:write',
    params: rewardAssignmentParams,
    responses: { 204: { description: 'Deleted' }, 404: missing },
    handler: ({ project, params, write }) =>
      write(async (tx) => {
        await deleteRewardAssignment(tx, await lockedAssignment(tx, project.id, { rewardId: params.id }, params.assignment), now());
        return { status: 204 };
      }),
  }),
];
