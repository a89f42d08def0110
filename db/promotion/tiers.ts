import { isDeepStrictEqual } from 'node:util';
import type { Discount } from '../../domain/discount/discount.ts';
import type { Limits } from '../../domain/checkout/limits.ts';
import type { ValidityWindow } from '../../domain/voucher/validity-window.ts';
import { assignedRules, assignedRulesView, type AssignedRules } from '../validation-rules/assigned-rules.ts';
import type { Db, Tx } from '../client.ts';
import { changeCounting, forgetCounters } from '../checkout/counters.ts';
import { recordEvents } from '../event/events.ts';
import { idTime, newId } from '../ids.ts';
import { direction, toPage, type Page, type PageRequest } from '../paging.ts';
import { forgetAssignments } from '../validation-rules/rule-assignments.ts';

/** What a promotion gives without a code. */
export interface PromotionTier {
  projectId: string;
  id: string;
  campaignId: string;
  campaign: string;
  campaignActive: boolean;
  campaignStartDate: Date | null;
  campaignExpirationDate: Date | null;
  name: string;
  banner: string | null;
  /** The lower is offered first. */
  hierarchy: number;
  discount: Discount;
  /** null: none. */
  limits: Limits | null;
  /** null: always. */
  validity: ValidityWindow | null;
  category: string | null;
  active: boolean;
  startDate: Date | null;
  expirationDate: Date | null;
  metadata: Record<string, unknown>;
  revision: number;
  assignedRules: AssignedRules;
  createdAt: Date;
  updatedAt: Date | null;
}

export type TierFields = Pick<
  PromotionTier,
  'name' | 'banner' | 'discount' | 'limits' | 'validity' | 'category' | 'active' | 'startDate' | 'expirationDate' | 'metadata'
> & {
  /** After those that the campaign has, where it is left out. */
  hierarchy?: number;
};

const tierColumns = (db: Db) => db`
  t.project_id, t.id, t.campaign_id, c.name as campaign, c.active as campaign_active, c.start_date as campaign_start_date,
  c.expiration_date as campaign_expiration_date, t.name, t.banner, t.hierarchy, t.discount, t.limits, t.validity, t.category, t.active, t.start_date,
  t.expiration_date, t.metadata, t.revision, ${assignedRules(db, 't')}, t.created_at, t.updated_at`;

const tierSource = (db: Db) => db`promotion_tier t join campaign c on c.project_id = t.project_id and c.id = t.campaign_id`;

/** The tier as the API shows it. */
export const tierView = (tier: PromotionTier) => ({
  id: tier.id,
  object: 'promotion_tier' as const,
  name: tier.name,
  banner: tier.banner,
  campaign_id: tier.campaignId,
  promotion_id: tier.campaignId,
  campaign: {
    id: tier.campaignId,
    name: tier.campaign,
    object: 'campaign' as const,
    start_date: tier.campaignStartDate?.toISOString() ?? null,
    expiration_date: tier.campaignExpirationDate?.toISOString() ?? null,
    active: tier.campaignActive,
  },
  action: { discount: tier.discount },
  hierarchy: tier.hierarchy,
  limits: tier.limits,
  category: tier.category,
  active: tier.active,
  start_date: tier.startDate?.toISOString() ?? null,
  expiration_date: tier.expirationDate?.toISOString() ?? null,
  validity_timeframe: tier.validity?.validity_timeframe ?? null,
  validity_day_of_week: tier.validity?.validity_day_of_week ?? null,
  validity_hours: tier.validity?.validity_hours ?? null,
  timezone: tier.validity?.timezone ?? null,
  metadata: tier.metadata,
  revision: tier.revision,
  validation_rule_assignments: assignedRulesView(tier.assignedRules),
  created_at: tier.createdAt.toISOString(),
  updated_at: tier.updatedAt?.toISOString() ?? null,
});

const recordTierEvent = (tx: Tx, type: string, tier: PromotionTier, now: Date) =>
  recordEvents(tx, [
    { projectId: tier.projectId, type, customerId: null, data: { promotion_tier: tierView(tier) }, dedupeKey: null, occurredAt: now },
  ]);

/** Writes a tier of a campaign that is locked. */
export const createTier = async (
  tx: Tx,
  campaign: { projectId: string; id: string },
  fields: TierFields,
  now: Date,
): Promise<PromotionTier> => {
  const id = newId('promotionTier');
  await tx`
    insert into promotion_tier (project_id, id, campaign_id, name, banner, hierarchy, discount, limits, validity, category, active, start_date,
      expiration_date, metadata, created_at)
    values (${campaign.projectId}, ${id}, ${campaign.id}, ${fields.name}, ${fields.banner},
      coalesce(${fields.hierarchy ?? null}::integer, (
        select coalesce(max(hierarchy), 0) + 1 from promotion_tier where project_id = ${campaign.projectId} and campaign_id = ${campaign.id})),
      ${tx.json(fields.discount as never)}, ${fields.limits && tx.json(fields.limits as never)}, ${fields.validity && tx.json(fields.validity as never)},
      ${fields.category}, ${fields.active}, ${fields.startDate}, ${fields.expirationDate}, ${tx.json(fields.metadata as never)}, ${idTime(id)})`;
  const tier = (await findTier(tx, campaign.projectId, id))!;
  await recordTierEvent(tx, 'promotion_tier.created', tier, now);
  return tier;
};

export const findTier = async (db: Db, projectId: string, id: string): Promise<PromotionTier | null> => {
  const [row] = await db<PromotionTier[]>`
    select ${tierColumns(db)} from ${tierSource(db)} where t.project_id = ${projectId} and t.id = ${id}`;
  return row ?? null;
};

/** Locks the tier for a change. */
export const lockTier = async (tx: Tx, projectId: string, id: string): Promise<PromotionTier | null> => {
  const [row] = await tx<PromotionTier[]>`
    select ${tierColumns(tx)} from ${tierSource(tx)} where t.project_id = ${projectId} and t.id = ${id} for no key update of t`;
  return row ?? null;
};

/** All tiers of a campaign, in the order in which they are offered. There are not many. */
export const tiersOfCampaign = (db: Db, projectId: string, campaignId: string) => db<PromotionTier[]>`
  select ${tierColumns(db)} from ${tierSource(db)} where t.project_id = ${projectId} and t.campaign_id = ${campaignId} order by t.hierarchy, t.id`;

/** How many tiers a campaign may have. */
export const MOST_TIERS = 1_000;

export const countTiers = async (db: Db, projectId: string, campaignId: string): Promise<number> => {
  const [row] = await db<{ count: number }[]>`
    select count(*) from promotion_tier where project_id = ${projectId} and campaign_id = ${campaignId}`;
  return row?.count ?? 0;
};

/** A page of a project's tiers by creation. @param available those that are active now, with their campaigns */
export const listTiers = async (
  db: Db,
  projectId: string,
  { available }: { available?: { at: Date } },
  { limit, page, descending, startingAfter }: PageRequest,
): Promise<Page<PromotionTier>> => {
  const at = available?.at ?? null;
  const where = db`t.project_id = ${projectId} ${
    at === null
      ? db``
      : db`and t.active and c.active and (t.start_date is null or t.start_date <= ${at}) and (t.expiration_date is null or t.expiration_date > ${at})
          and (c.start_date is null or c.start_date <= ${at}) and (c.expiration_date is null or c.expiration_date > ${at})`
  }`;
  const from = startingAfter === undefined ? db`` : descending ? db`and t.id < ${startingAfter}` : db`and t.id > ${startingAfter}`;
  const skip = startingAfter === undefined ? (page - 1) * limit : 0;
  const [rows, [totals]] = await Promise.all([
    db<PromotionTier[]>`
      select ${tierColumns(db)} from ${tierSource(db)} where ${where} ${from}
      order by t.id ${direction(db, descending)} limit ${limit + 1} offset ${skip}`,
    db<{ total: number }[]>`select count(*) as total from ${tierSource(db)} where ${where}`,
  ]);
  return toPage(rows, limit, totals?.total ?? 0);
};

/** Changes a tier that is locked. Other limits count what was redeemed before too. */
export const updateTier = async (
  tx: Tx,
  tier: PromotionTier,
  change: Partial<TierFields>,
  event: string,
  now: Date,
): Promise<PromotionTier> => {
  const next: PromotionTier = { ...tier, ...change, revision: tier.revision + 1, updatedAt: now };
  await tx`
    update promotion_tier set name = ${next.name}, banner = ${next.banner}, hierarchy = ${next.hierarchy}, discount = ${tx.json(next.discount as never)},
      limits = ${next.limits && tx.json(next.limits as never)}, validity = ${next.validity && tx.json(next.validity as never)},
      category = ${next.category}, active = ${next.active}, start_date = ${next.startDate}, expiration_date = ${next.expirationDate},
      metadata = ${tx.json(next.metadata as never)}, revision = ${next.revision}, updated_at = ${now}
    where project_id = ${next.projectId} and id = ${next.id}`;
  if (!isDeepStrictEqual(tier.limits, next.limits)) await changeCounting(tx, next.projectId, [next.campaignId]);
  await recordTierEvent(tx, event, next, now);
  return next;
};

/** Deletes a tier that is locked, also from stacks; its redemptions stay. */
export const deleteTier = async (tx: Tx, tier: PromotionTier, now: Date): Promise<void> => {
  await forgetAssignments(tx, tier.projectId, [tier.id]);
  await tx`delete from promotion_tier where project_id = ${tier.projectId} and id = ${tier.id}`;
  await tx`
    update promotion_stack set tier_ids = array_remove(tier_ids, ${tier.id}), updated_at = ${now}
    where project_id = ${tier.projectId} and campaign_id = ${tier.campaignId} and ${tier.id} = any(tier_ids)`;
  await forgetCounters(tx, tier.projectId, 'promotion_tier', [tier.id]);
  await recordTierEvent(tx, 'promotion_tier.deleted', tier, now);
};
