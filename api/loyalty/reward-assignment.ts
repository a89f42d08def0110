import type { Tx } from '../../db/client.ts';
import { askAutoRedemptionsOf } from '../../db/loyalty/auto-redemptions.ts';
import { newId } from '../../db/ids.ts';
import {
  createRewardAssignment,
  findAutoRedeemed,
  findRewardAssignment,
  lockRewardAssignment,
  updateRewardAssignment,
  type AssignmentPlace,
  type RewardAssignment,
} from '../../db/loyalty/reward-assignments.ts';
import { findReward, type Reward } from '../../db/loyalty/rewards.ts';
import { DomainError, invalidPayload } from '../../domain/errors.ts';
import { notFound } from '../http/errors.ts';
import { lockLoyaltyProgram } from './program.ts';

type PointsInput = { loyalty: { points?: number; auto_redeem?: boolean | null } } | undefined;

const wrong = (path: string, message: string): DomainError => invalidPayload([{ path, message }]);

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
 * Whether members of a program that is locked get a reward by themselves.
 * @param own the assignment that asks, where it is there already
 * @throws DomainError invalid_payload, where they pay with points for it, or get another one already
 */
const autoRedeemOf = async (
  tx: Tx,
  { type, id }: Pick<Reward, 'type' | 'id'>,
  of: { projectId: string; campaignId: string },
  asked: boolean,
  { own, path }: { own?: string; path: string },
): Promise<boolean> => {
  if (!asked) return false;
  const at = `${path}parameters.loyalty.auto_redeem`;
  if (type === 'COIN') throw wrong(at, `must be left out: members pay with points for the reward ${id}`);
  const other = await findAutoRedeemed(tx, of.projectId, of.campaignId);
  if (other && other.id !== own) throw wrong(at, `is that of the reward ${other.rewardId} already: a program gives one by itself`);
  return true;
};

/**
 * Gives a program that is locked a reward.
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
  const autoRedeem = await autoRedeemOf(tx, reward, { projectId, campaignId }, parameters?.loyalty.auto_redeem ?? false, { path });
  const made = await createRewardAssignment(tx, { projectId, rewardId, campaignId, points, autoRedeem }, now);
  if (!made)
    throw new DomainError('duplicate_found', 'The loyalty program has this reward already.', {
      resource: { type: 'reward', id: rewardId },
    });
  if (autoRedeem) await askAutoRedemptionsOf(tx, { projectId, campaignId }, newId('event'));
  return made;
};

/** @throws DomainError not_found */
export const lockedAssignment = async (tx: Tx, projectId: string, place: AssignmentPlace, id: string): Promise<RewardAssignment> => {
  const assignment = await lockRewardAssignment(tx, projectId, place, id);
  if (!assignment) throw notFound('reward assignment', id);
  return assignment;
};

/**
 * Changes what a reward costs in a program, or whether members get it by themselves; what is left out stays.
 * @throws DomainError resource_not_found; invalid_payload
 */
export const changeAssignment = async (
  tx: Tx,
  projectId: string,
  place: AssignmentPlace,
  id: string,
  parameters: PointsInput,
  now: Date,
): Promise<RewardAssignment> => {
  const found = await findRewardAssignment(tx, projectId, place, id);
  if (found) await lockLoyaltyProgram(tx, projectId, found.campaignId);
  const assignment = await lockedAssignment(tx, projectId, place, id);
  const { points, auto_redeem: asked } = parameters?.loyalty ?? {};
  if (points === undefined && asked === undefined) return assignment;
  const reward = (await findReward(tx, projectId, assignment.rewardId))!;
  const autoRedeem =
    asked === undefined ? assignment.autoRedeem : await autoRedeemOf(tx, reward, assignment, asked ?? false, { own: id, path: '' });
  const change = { points: points === undefined ? assignment.points : pointsOf(reward, parameters, ''), autoRedeem };
  const next = await updateRewardAssignment(tx, assignment, change, now);
  if (autoRedeem) await askAutoRedemptionsOf(tx, next, newId('event'));
  return next;
};
