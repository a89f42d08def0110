import type { RewardParameters, RewardType } from '../../domain/loyalty/reward.ts';
import type { Db, Tx } from '../client.ts';
import { recordEvents } from '../event/events.ts';
import { idTime, newId } from '../ids.ts';
import { toPage, type Page } from '../paging.ts';

interface RewardAttributes {
  image_url?: string;
  description?: string;
}

/** What members of loyalty programs get for points. */
export interface Reward {
  projectId: string;
  id: string;
  name: string;
  type: RewardType;
  parameters: RewardParameters;
  /** How many there are to give altogether; null: without limit. */
  stock: number | null;
  /** How many were given and not taken back. */
  redeemed: number;
  attributes: RewardAttributes;
  metadata: Record<string, unknown>;
  createdAt: Date;
  updatedAt: Date | null;
}

export type NewReward = Omit<Reward, 'id' | 'redeemed' | 'createdAt' | 'updatedAt'>;
export type RewardChange = Partial<Pick<Reward, 'name' | 'parameters' | 'stock' | 'attributes' | 'metadata'>>;

export const rewardColumns = (db: Db) => db`
  w.project_id, w.id, w.name, w.type, w.parameters, w.stock, w.redeemed, w.attributes, w.metadata, w.created_at, w.updated_at`;

/** A reward's parameters as the API shows them; SDKs know the SKU by either name. */
const parametersView = ({ product, ...others }: RewardParameters) =>
  product ? { product: { id: product.id, sku_id: product.sku_id, sku: product.sku_id } } : others;

/** The reward as the API shows it. */
export const rewardView = (reward: Reward) => ({
  id: reward.id,
  name: reward.name,
  type: reward.type,
  parameters: parametersView(reward.parameters),
  stock: reward.stock,
  redeemed: reward.redeemed,
  attributes: reward.attributes,
  metadata: reward.metadata,
  created_at: reward.createdAt.toISOString(),
  updated_at: reward.updatedAt?.toISOString() ?? null,
  object: 'reward' as const,
});

const recordRewardEvent = (tx: Tx, type: string, reward: Reward, now: Date) =>
  recordEvents(tx, [
    { projectId: reward.projectId, type, customerId: null, data: { reward: rewardView(reward) }, dedupeKey: null, occurredAt: now },
  ]);

export const createReward = async (tx: Tx, reward: NewReward, now: Date): Promise<Reward> => {
  const id = newId('reward');
  const row: Reward = { ...reward, id, redeemed: 0, createdAt: idTime(id), updatedAt: null };
  await tx`
    insert into reward (project_id, id, name, type, parameters, stock, attributes, metadata, created_at)
    values (${row.projectId}, ${id}, ${row.name}, ${row.type}, ${tx.json(row.parameters as never)}, ${row.stock}, ${tx.json(row.attributes as never)},
      ${tx.json(row.metadata as never)}, ${row.createdAt})`;
  await recordRewardEvent(tx, 'reward.created', row, now);
  return row;
};

export const findReward = async (db: Db, projectId: string, id: string): Promise<Reward | null> => {
  const [row] = await db<Reward[]>`select ${rewardColumns(db)} from reward w where w.project_id = ${projectId} and w.id = ${id}`;
  return row ?? null;
};

/** Locks the reward for a change. */
export const lockReward = async (tx: Tx, projectId: string, id: string): Promise<Reward | null> => {
  const [row] = await tx<Reward[]>`
    select ${rewardColumns(tx)} from reward w where w.project_id = ${projectId} and w.id = ${id} for no key update`;
  return row ?? null;
};

/** A page of a project's rewards, the newest first. @param assignmentId only the reward of this assignment */
export const listRewards = async (
  db: Db,
  projectId: string,
  { limit, page, assignmentId }: { limit: number; page: number; assignmentId?: string },
): Promise<Page<Reward>> => {
  const where = db`w.project_id = ${projectId} ${
    assignmentId === undefined
      ? db``
      : db`and w.id in (select a.reward_id from reward_assignment a where a.project_id = ${projectId} and a.id = ${assignmentId})`
  }`;
  const [rows, [totals]] = await Promise.all([
    db<
      Reward[]
    >`select ${rewardColumns(db)} from reward w where ${where} order by w.id desc limit ${limit + 1} offset ${(page - 1) * limit}`,
    db<{ total: number }[]>`select count(*) as total from reward w where ${where}`,
  ]);
  return toPage(rows, limit, totals?.total ?? 0);
};

/** Changes a reward that is locked. */
export const updateReward = async (tx: Tx, reward: Reward, change: RewardChange, now: Date): Promise<Reward> => {
  const next: Reward = { ...reward, ...change, updatedAt: now };
  await tx`
    update reward set name = ${next.name}, parameters = ${tx.json(next.parameters as never)}, stock = ${next.stock},
      attributes = ${tx.json(next.attributes as never)}, metadata = ${tx.json(next.metadata as never)}, updated_at = ${now}
    where project_id = ${next.projectId} and id = ${next.id}`;
  await recordRewardEvent(tx, 'reward.updated', next, now);
  return next;
};

/** Deletes a reward that is locked and that no program has; what was given of it stays. */
export const deleteReward = async (tx: Tx, reward: Reward, now: Date): Promise<void> => {
  await tx`delete from reward where project_id = ${reward.projectId} and id = ${reward.id}`;
  await recordRewardEvent(tx, 'reward.deleted', reward, now);
};
