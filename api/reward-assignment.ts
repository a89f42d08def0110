import type { Tx } from '../db/client.ts';
import {
  createRewardAssignment,
  lockRewardAssignment,
  updateRewardAssignment,
  type AssignmentPlace,
  type RewardAssignment,
} from '../db/reward-assignments.ts';
import { findReward, type Reward } from '../db/rewards.ts';
import { DomainError } from '../domain/errors.ts';
import { notFound } from './errors.ts';

type PointsInput = { loyalty: { points?: number } } | undefined;

/** @throws DomainError invalid_payload, where members pay with points and a price is given, or they do not and none is */
const pointsOf = ({ type, id }: Pick<Reward, 'type' | 'id'>, parameters: PointsInput, path: string): number | null => {
  const points = parameters?.loyalty.points ?? null;
  if ((type === 'COIN') === (points === null)) return points;
  const message =
    type === 'COIN'
      ? `must be left out: members pay with points for the reward ${id}, and say with how many`
      : `must say how many points the reward ${id} costs`;
  throw new DomainError('invalid_payload', type === 'COIN' ? 'Invalid payload' : 'Missing required parameter', {
    fields: [{ path: `${path}parameters.loyalty.points`, message }],
  });
};

/**
 * Gives a program a reward.
 * @param path where the request says it, with a dot at its end, to name it in a refusal
 * @throws DomainError not_found; invalid_payload; duplicate_found, where the program has it already
 */
export const assignReward = async (
  tx: Tx,
  { projectId, rewardId, campaignId }: { projectId: string; rewardId: string; campaignId: string },
  parameters: PointsInput,
  path: string,
  now: Date,
): Promise<RewardAssignment> => {
  const reward = await findReward(tx, projectId, rewardId);
  if (!reward) throw notFound('reward', rewardId);
  const points = pointsOf(reward, parameters, path);
  const made = await createRewardAssignment(tx, { projectId, rewardId, campaignId, points }, now);
  if (!made)
    throw new DomainError('duplicate_found', 'The loyalty program has this reward already.', {
      resource: { type: 'reward', id: rewardId },
    });
  return made;
};

/** @throws DomainError not_found */
export const lockedAssignment = async (tx: Tx, projectId: string, place: AssignmentPlace, id: string): Promise<RewardAssignment> => {
  const assignment = await lockRewardAssignment(tx, projectId, place, id);
  if (!assignment) throw notFound('reward assignment', id);
  return assignment;
};

/** Changes what a reward costs in a program; what is left out stays. @throws DomainError not_found; invalid_payload */
export const changeAssignment = async (
  tx: Tx,
  projectId: string,
  place: AssignmentPlace,
  id: string,
  parameters: PointsInput,
  now: Date,
): Promise<RewardAssignment> => {
  const assignment = await lockedAssignment(tx, projectId, place, id);
  if (parameters?.loyalty.points === undefined) return assignment;
  const reward = await findReward(tx, projectId, assignment.rewardId);
  return updateRewardAssignment(tx, assignment, pointsOf(reward!, parameters, ''), now);
};
