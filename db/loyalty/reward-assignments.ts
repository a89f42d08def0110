import type { Db, Tx } from '../client.ts';
import { recordEvents } from '../event/events.ts';
import { idTime, newId } from '../ids.ts';
import { toPage, type Page } from '../paging.ts';

/** That a program's members can have a reward, and for how many points. */
export interface RewardAssignment {
  projectId: string;
  id: string;
  rewardId: string;
  campaignId: string;
  /** null: as many as the member wants to pay with. */
  points: number | null;
  /** Whether members get it by themselves once they have enough points: one of a program. */
  autoRedeem: boolean;
  createdAt: Date;
  updatedAt: Date | null;
}

const assignmentColumns = (db: Db) =>
  db`a.project_id, a.id, a.reward_id, a.campaign_id, a.points, a.auto_redeem, a.created_at, a.updated_at`;

/** The assignment as the API shows it. */
export const rewardAssignmentView = (assignment: RewardAssignment) => ({
  id: assignment.id,
  reward_id: assignment.rewardId,
  related_object_id: assignment.campaignId,
  related_object_type: 'campaign' as const,
  ...(assignment.points !== null && { parameters: { loyalty: { points: assignment.points, auto_redeem: assignment.autoRedeem } } }),
  created_at: assignment.createdAt.toISOString(),
  updated_at: assignment.updatedAt?.toISOString() ?? null,
  object: 'reward_assignment' as const,
});

const recordAssignmentEvent = (tx: Tx, type: string, assignment: RewardAssignment, now: Date) =>
  recordEvents(tx, [
    {
      projectId: assignment.projectId,
      type,
      customerId: null,
      data: { reward_assignment: rewardAssignmentView(assignment) },
      dedupeKey: null,
      occurredAt: now,
    },
  ]);

/** @returns null where the program has the reward already */
export const createRewardAssignment = async (
  tx: Tx,
  assignment: Pick<RewardAssignment, 'projectId' | 'rewardId' | 'campaignId' | 'points' | 'autoRedeem'>,
  now: Date,
): Promise<RewardAssignment | null> => {
  const id = newId('rewardAssignment');
  const row: RewardAssignment = { ...assignment, id, createdAt: idTime(id), updatedAt: null };
  const { count } = await tx`
    insert into reward_assignment (project_id, id, reward_id, campaign_id, points, auto_redeem, created_at)
    values (${row.projectId}, ${id}, ${row.rewardId}, ${row.campaignId}, ${row.points}, ${row.autoRedeem}, ${row.createdAt})
    on conflict (project_id, reward_id, campaign_id) do nothing`;
  if (count === 0) return null;
  await recordAssignmentEvent(tx, 'reward.assignment.created', row, now);
  return row;
};

/** Where an assignment is looked for: with a reward, or in a program. */
export type AssignmentPlace = { rewardId: string } | { campaignId: string };

const at = (db: Db, place: AssignmentPlace) =>
  'rewardId' in place ? db`and a.reward_id = ${place.rewardId}` : db`and a.campaign_id = ${place.campaignId}`;

export const findRewardAssignment = async (
  db: Db,
  projectId: string,
  place: AssignmentPlace,
  id: string,
): Promise<RewardAssignment | null> => {
  const [row] = await db<RewardAssignment[]>`
    select ${assignmentColumns(db)} from reward_assignment a where a.project_id = ${projectId} and a.id = ${id} ${at(db, place)}`;
  return row ?? null;
};

/** Locks the assignment for a change. */
export const lockRewardAssignment = async (
  tx: Tx,
  projectId: string,
  place: AssignmentPlace,
  id: string,
): Promise<RewardAssignment | null> => {
  const [row] = await tx<RewardAssignment[]>`
    select ${assignmentColumns(tx)} from reward_assignment a where a.project_id = ${projectId} and a.id = ${id} ${at(tx, place)}
    for no key update`;
  return row ?? null;
};

/** A page of assignments, the newest first. */
export const listRewardAssignments = async (
  db: Db,
  projectId: string,
  place: AssignmentPlace,
  { limit, page }: { limit: number; page: number },
): Promise<Page<RewardAssignment>> => {
  const where = db`a.project_id = ${projectId} ${at(db, place)}`;
  const [rows, [totals]] = await Promise.all([
    db<RewardAssignment[]>`
      select ${assignmentColumns(db)} from reward_assignment a where ${where} order by a.id desc limit ${limit + 1} offset ${(page - 1) * limit}`,
    db<{ total: number }[]>`select count(*) as total from reward_assignment a where ${where}`,
  ]);
  return toPage(rows, limit, totals?.total ?? 0);
};

/** Changes what a reward costs in a program, or whether members get it by themselves; the assignment is locked. */
export const updateRewardAssignment = async (
  tx: Tx,
  assignment: RewardAssignment,
  change: Pick<RewardAssignment, 'points' | 'autoRedeem'>,
  now: Date,
): Promise<RewardAssignment> => {
  const next: RewardAssignment = { ...assignment, ...change, updatedAt: now };
  await tx`
    update reward_assignment set points = ${next.points}, auto_redeem = ${next.autoRedeem}, updated_at = ${now}
    where project_id = ${next.projectId} and id = ${next.id}`;
  await recordAssignmentEvent(tx, 'reward.assignment.updated', next, now);
  return next;
};

/** The reward that members of a program get by themselves; null where they get none. */
export const findAutoRedeemed = async (db: Db, projectId: string, campaignId: string): Promise<RewardAssignment | null> => {
  const [row] = await db<RewardAssignment[]>`
    select ${assignmentColumns(db)} from reward_assignment a
    where a.project_id = ${projectId} and a.campaign_id = ${campaignId} and a.auto_redeem`;
  return row ?? null;
};

export const deleteRewardAssignment = async (tx: Tx, assignment: RewardAssignment, now: Date): Promise<void> => {
  await tx`delete from reward_assignment where project_id = ${assignment.projectId} and id = ${assignment.id}`;
  await recordAssignmentEvent(tx, 'reward.assignment.deleted', assignment, now);
};

/** Programs that have a reward, at most so many. */
export const assignedPrograms = (db: Db, projectId: string, rewardId: string, most: number) => db<{ id: string; campaignId: string }[]>`
  select id, campaign_id from reward_assignment where project_id = ${projectId} and reward_id = ${rewardId} order by id limit ${most}`;
