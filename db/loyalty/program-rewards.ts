import type { RewardAssignment } from './reward-assignments.ts';
import type { Db } from '../client.ts';
import { toPage, type Page } from '../paging.ts';
import { rewardColumns, type Reward } from './rewards.ts';

/** A reward with what it costs in a program. */
export interface ProgramReward {
  reward: Reward;
  assignment: RewardAssignment;
}

type Row = Reward & {
  assignmentId: string;
  campaignId: string;
  points: number | null;
  autoRedeem: boolean;
  assignedAt: Date;
  assignmentUpdatedAt: Date | null;
};

const programReward = ({
  assignmentId: id,
  campaignId,
  points,
  autoRedeem,
  assignedAt,
  assignmentUpdatedAt,
  ...reward
}: Row): ProgramReward => ({
  reward,
  assignment: {
    projectId: reward.projectId,
    id,
    rewardId: reward.id,
    campaignId,
    points,
    autoRedeem,
    createdAt: assignedAt,
    updatedAt: assignmentUpdatedAt,
  },
});

/**
 * A page of a program's rewards, in the order in which it got them.
 */
export const rewardsOfProgram = async (
  db: Db,
  projectId: string,
  campaignId: string,
  { limit, page }: { limit: number; page: number },
): Promise<Page<ProgramReward>> => {
  const where = db`a.project_id = ${projectId} and a.campaign_id = ${campaignId}`;
  const source = db`reward_assignment a join reward w on w.project_id = a.project_id and w.id = a.reward_id`;
  const [rows, [totals]] = await Promise.all([
    db<Row[]>`
      select ${rewardColumns(db)}, a.id as assignment_id, a.campaign_id, a.points, a.auto_redeem, a.created_at as assigned_at,
        a.updated_at as assignment_updated_at
      from ${source} where ${where} order by a.id limit ${limit + 1} offset ${(page - 1) * limit}`,
    db<{ total: number }[]>`select count(*) as total from ${source} where ${where}`,
  ]);
  const { rows: found, ...more } = toPage([...rows], limit, totals?.total ?? 0);
  return { ...more, rows: found.map(programReward) };
};
