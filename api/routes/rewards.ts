import type { Sql, Tx } from '../../db/client.ts';
import { assignedPrograms } from '../../db/loyalty/reward-assignments.ts';
import {
  createReward,
  deleteReward,
  findReward,
  listRewards,
  lockReward,
  rewardView,
  updateReward,
  type Reward,
  type RewardChange,
} from '../../db/loyalty/rewards.ts';
import { DomainError, invalidPayload } from '../../domain/errors.ts';
import { notFound } from '../http/errors.ts';
import { rewardParametersOf } from '../loyalty/reward-parameters.ts';
import { route, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import {
  createRewardBody,
  listRewardsQuery,
  rewardListSchema,
  rewardParams,
  rewardSchema,
  rewardTypeOf,
  updateRewardBody,
} from '../schemas/reward.ts';

export interface RewardRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const tag = 'Rewards';
const found = { description: 'The reward', schema: rewardSchema };
const missing = { description: 'There is no such reward' };
const NAMED = 10;

const locked = async (tx: Tx, projectId: string, id: string): Promise<Reward> => {
  const reward = await lockReward(tx, projectId, id);
  if (!reward) throw notFound('reward', id);
  return reward;
};

const ofAnotherType = (reward: Reward): DomainError =>
  invalidPayload([{ path: 'parameters', message: `must be those of a ${reward.type} reward: its type does not change` }]);

/** @throws DomainError resource_in_use, naming assignments */
const requireUnassigned = async (tx: Tx, reward: Reward): Promise<void> => {
  const assignments = await assignedPrograms(tx, reward.projectId, reward.id, NAMED);
  if (assignments.length === 0) return;
  throw new DomainError('resource_in_use', 'Resource in use', {
    details: `The reward ${reward.id} is assigned to loyalty programs, by ${assignments.map(({ id }) => id).join(', ')}: delete these first`,
    resource: { id: reward.id, type: 'reward' },
  });
};

export const createRewardRoutes = ({ sql, now }: RewardRoutesDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/rewards',
    tag,
    summary: 'List rewards, the newest first',
    scope: 'rewards:read',
    query: listRewardsQuery,
    responses: { 200: { description: 'Rewards', schema: rewardListSchema } },
    handler: async ({ project, query }) => {
      const listed = await listRewards(sql, project.id, { ...query, assignmentId: query.assignment_id });
      return { status: 200, body: list('data', listed.rows.map(rewardView), listed) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/rewards',
    tag,
    summary: 'Create a reward',
    description: 'Its parameters say what it gives: a code of a campaign, money off the order for points (coin), or a product.',
    scope: 'rewards:write',
    body: createRewardBody,
    responses: { 200: found },
    handler: ({ project, body, write }) =>
      write(async (tx) => {
        const { name, stock = null, attributes, metadata } = body;
        const parameters = await rewardParametersOf(tx, project.id, body.parameters);
        const more = { stock, attributes: attributes ?? {}, metadata: metadata ?? {} };
        const made = await createReward(
          tx,
          { projectId: project.id, name, type: rewardTypeOf(body.parameters), parameters, ...more },
          now(),
        );
        return { status: 200, body: rewardView(made) };
      }),
  }),
  route({
    method: 'get',
    path: '/v1/rewards/{id}',
    tag,
    summary: 'Get a reward',
    scope: 'rewards:read',
    params: rewardParams,
    responses: { 200: found, 404: missing },
    handler: async ({ project, params }) => {
      const reward = await findReward(sql, project.id, params.id);
      if (!reward) throw notFound('reward', params.id);
      return { status: 200, body: rewardView(reward) };
    },
  }),
  route({
    method: 'put',
    path: '/v1/rewards/{id}',
    tag,
    summary: 'Update a reward',
    description: 'What is left out stays as it is; null empties a field. Metadata is replaced. The type does not change.',
    scope: 'rewards:write',
    params: rewardParams,
    body: updateRewardBody,
    responses: { 200: found, 404: missing },
    handler: ({ project, params, body, write }) =>
      write(async (tx) => {
        const reward = await locked(tx, project.id, params.id);
        const isOther = body.parameters !== undefined && rewardTypeOf(body.parameters) !== reward.type;
        if (isOther || (body.type !== undefined && body.type !== reward.type)) throw ofAnotherType(reward);
        const change: RewardChange = {
          ...(body.name !== undefined && { name: body.name }),
          ...(body.parameters && { parameters: await rewardParametersOf(tx, project.id, body.parameters) }),
          ...(body.stock !== undefined && { stock: body.stock }),
          ...(body.attributes !== undefined && { attributes: body.attributes ?? {} }),
          ...(body.metadata !== undefined && { metadata: body.metadata ?? {} }),
        };
        return { status: 200, body: rewardView(await updateReward(tx, reward, change, now())) };
      }),
  }),
  route({
    method: 'delete',
    path: '/v1/rewards/{id}',
    tag,
    summary: 'Delete a reward that no loyalty program has; what was given of it stays',
    scope: 'rewards:write',
    params: rewardParams,
    responses: { 204: { description: 'Deleted' }, 404: missing, 409: { description: 'A loyalty program has it' } },
    handler: ({ project, params, write }) =>
      write(async (tx) => {
        const reward = await locked(tx, project.id, params.id);
        await requireUnassigned(tx, reward);
        await deleteReward(tx, reward, now());
        return { status: 204 };
      }),
  }),
];
