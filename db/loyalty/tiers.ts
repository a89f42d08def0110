import type { PointsMapping } from '../../domain/loyalty/mapping.ts';
import type { Db, Tx } from '../client.ts';
import { recordEvents } from '../event/events.ts';
import { idTime, newId } from '../ids.ts';
import { toPage, type Page } from '../paging.ts';

/** A level of a loyalty program: who has so many points is on it. */
export interface LoyaltyTier {
  projectId: string;
  id: string;
  campaignId: string;
  name: string;
  pointsFrom: number;
  /** The last number of points that belongs to it; null: no end. */
  pointsTo: number | null;
  /** What members earn and pay instead, by the id of the earning rule or reward. */
  earningRules: Record<string, PointsMapping>;
  rewards: Record<string, PointsMapping>;
  metadata: Record<string, unknown>;
  createdAt: Date;
  updatedAt: Date | null;
}

export type TierFields = Pick<LoyaltyTier, 'name' | 'pointsFrom' | 'pointsTo' | 'earningRules' | 'rewards' | 'metadata'>;

export const tierColumns = (db: Db) => db`
  t.project_id, t.id, t.campaign_id, t.name, t.points_from, t.points_to, t.earning_rules, t.rewards, t.metadata, t.created_at, t.updated_at`;

/** The tier as the API shows it. */
export const loyaltyTierView = (tier: LoyaltyTier) => {
  const points = { from: tier.pointsFrom, ...(tier.pointsTo !== null && { to: tier.pointsTo }) };
  return {
    id: tier.id,
    name: tier.name,
    campaign_id: tier.campaignId,
    points,
    config: { points },
    earning_rules: tier.earningRules,
    rewards: tier.rewards,
    metadata: tier.metadata,
    created_at: tier.createdAt.toISOString(),
    updated_at: tier.updatedAt?.toISOString() ?? null,
    object: 'loyalty_tier' as const,
  };
};

const recordTierEvents = (tx: Tx, type: string, tiers: readonly LoyaltyTier[], now: Date) =>
  recordEvents(
    tx,
    tiers.map((tier) => ({
      projectId: tier.projectId,
      type,
      customerId: null,
      data: { loyalty_tier: loyaltyTierView(tier) },
      dedupeKey: null,
      occurredAt: now,
    })),
  );

/** Has all members of a program looked at again: its tiers or their rules changed. */
export const restartTierSweep = async (tx: Tx, projectId: string, campaignId: string): Promise<void> => {
  await tx`
    insert into loyalty_tier_sweep (project_id, campaign_id, swept_to) values (${projectId}, ${campaignId}, '')
    on conflict (project_id, campaign_id) do update set swept_to = ''`;
};

/** Adds tiers to a program that is locked. */
export const createLoyaltyTiers = async (
  tx: Tx,
  { projectId, id: campaignId }: { projectId: string; id: string },
  tiers: readonly TierFields[],
  now: Date,
): Promise<LoyaltyTier[]> => {
  const rows = tiers.map((tier): LoyaltyTier => {
    const id = newId('loyaltyTier');
    return { ...tier, projectId, campaignId, id, createdAt: idTime(id), updatedAt: null };
  });
  const input = rows.map((row) => ({
    project_id: projectId,
    id: row.id,
    campaign_id: campaignId,
    name: row.name,
    points_from: row.pointsFrom,
    points_to: row.pointsTo,
    earning_rules: tx.json(row.earningRules as never),
    rewards: tx.json(row.rewards as never),
    metadata: tx.json(row.metadata as never),
    created_at: row.createdAt,
  }));
  await tx`insert into loyalty_tier ${tx(input as never)}`;
  await recordTierEvents(tx, 'campaign.loyalty_tier.created', rows, now);
  await restartTierSweep(tx, projectId, campaignId);
  return rows;
};

export const findLoyaltyTier = async (db: Db, projectId: string, campaignId: string, id: string): Promise<LoyaltyTier | null> => {
  const [row] = await db<LoyaltyTier[]>`
    select ${tierColumns(db)} from loyalty_tier t where t.project_id = ${projectId} and t.campaign_id = ${campaignId} and t.id = ${id}`;
  return row ?? null;
};

/** All tiers of programs, the lowest first. */
export const tiersOfPrograms = (db: Db, projectId: string, campaignIds: readonly string[]) => db<LoyaltyTier[]>`
  select ${tierColumns(db)} from loyalty_tier t
  where t.project_id = ${projectId} and t.campaign_id = any(${campaignIds as string[]}::text[]) order by t.points_from, t.id`;

const ORDERS = { created_at: 'id', updated_at: 'updated_at' } as const;

export type TierOrder = keyof typeof ORDERS;

export const listLoyaltyTiers = async (
  db: Db,
  projectId: string,
  campaignId: string,
  { limit, page, order, descending }: { limit: number; page: number; order: TierOrder; descending: boolean },
): Promise<Page<LoyaltyTier>> => {
  const where = db`t.project_id = ${projectId} and t.campaign_id = ${campaignId}`;
  const by = db`t.${db(ORDERS[order])} ${descending ? db`desc nulls last` : db`asc nulls first`}, t.id ${descending ? db`desc` : db`asc`}`;
  const [rows, [totals]] = await Promise.all([
    db<LoyaltyTier[]>`
      select ${tierColumns(db)} from loyalty_tier t where ${where} order by ${by} limit ${limit + 1} offset ${(page - 1) * limit}`,
    db<{ total: number }[]>`select count(*) as total from loyalty_tier t where ${where}`,
  ]);
  return toPage(rows, limit, totals?.total ?? 0);
};

/** Changes a tier of a program that is locked. */
export const updateLoyaltyTier = async (tx: Tx, tier: LoyaltyTier, change: Partial<TierFields>, now: Date): Promise<LoyaltyTier> => {
  const next: LoyaltyTier = { ...tier, ...change, updatedAt: now };
  await tx`
    update loyalty_tier set name = ${next.name}, points_from = ${next.pointsFrom}, points_to = ${next.pointsTo},
      earning_rules = ${tx.json(next.earningRules)}, rewards = ${tx.json(next.rewards)}, metadata = ${tx.json(next.metadata as never)},
      updated_at = ${now}
    where project_id = ${next.projectId} and id = ${next.id}`;
  await recordTierEvents(tx, 'campaign.loyalty_tier.updated', [next], now);
  await restartTierSweep(tx, next.projectId, next.campaignId);
  return next;
};

/** Deletes a tier; its members are on none until they are looked at again. */
export const deleteLoyaltyTier = async (tx: Tx, tier: LoyaltyTier, now: Date): Promise<void> => {
  await tx`delete from loyalty_tier where project_id = ${tier.projectId} and id = ${tier.id}`;
  await recordTierEvents(tx, 'campaign.loyalty_tier.deleted', [tier], now);
  await restartTierSweep(tx, tier.projectId, tier.campaignId);
};

/** Which of these are earning rules of a program. */
export const knownEarningRules = async (
  db: Db,
  { projectId, id: campaignId }: { projectId: string; id: string },
  ids: readonly string[],
): Promise<Set<string>> => {
  if (ids.length === 0) return new Set();
  const rows = await db<{ id: string }[]>`
    select id from earning_rule where project_id = ${projectId} and campaign_id = ${campaignId} and id = any(${ids as string[]}::text[])`;
  return new Set(rows.map((row) => row.id));
};
