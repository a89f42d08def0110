import type { CategoryState } from '../../domain/checkout/stacking.ts';
import type { Discount } from '../../domain/discount/discount.ts';
import type { Limits } from '../../domain/checkout/limits.ts';
import type { ValidityWindow } from '../../domain/voucher/validity-window.ts';
import type { VoucherTemplate } from '../../domain/voucher/template.ts';
import type { Db } from '../client.ts';

/** A promotion tier as a checkout reads it, with its campaign. */
export interface CheckoutTier {
  id: string;
  name: string;
  banner: string | null;
  hierarchy: number;
  revision: number;
  discount: Discount;
  limits: Limits | null;
  validity: ValidityWindow | null;
  category: string | null;
  knownCategory: CategoryState | null;
  active: boolean;
  startDate: Date | null;
  expirationDate: Date | null;
  metadata: Record<string, unknown>;
  ruleRefs: string[] | null;
  campaignId: string;
  campaign: string;
  campaignActive: boolean;
  campaignStartDate: Date | null;
  campaignExpirationDate: Date | null;
  /** Its window and limits count for all tiers. */
  campaignTemplate: VoucherTemplate;
  campaignRuleRefs: string[] | null;
  counting: number;
}

/** A promotion stack as a checkout reads it. */
export interface CheckoutStack {
  id: string;
  tierIds: string[];
  knownCategory: CategoryState | null;
}

const categoryOf = (db: Db, row: 't' | 's') => db`
  case when ${db(row)}.category is not null then (
    select jsonb_build_object('id', k.id, 'name', k.name, 'hierarchy', k.hierarchy) from category k
    where k.project_id = ${db(row)}.project_id and k.name = ${db(row)}.category) end as known_category`;

/** What tiers are asked for by, and stacks whose tiers are. */
export interface AskedPromotions {
  tierIds: readonly string[];
  stackIds: readonly string[];
}

const columns = (db: Db) => db`
  t.id, t.name, t.banner, t.hierarchy, t.revision, t.discount, t.limits, t.validity, t.category, ${categoryOf(db, 't')}, t.active, t.start_date,
  t.expiration_date, t.metadata, t.rule_refs, t.campaign_id, c.name as campaign, c.active as campaign_active, c.start_date as campaign_start_date,
  c.expiration_date as campaign_expiration_date, ct.template as campaign_template, c.rule_refs as campaign_rule_refs, c.counting`;

const source = (db: Db) => db`
  promotion_tier t
  join campaign c on c.project_id = t.project_id and c.id = t.campaign_id
  join campaign_template ct on ct.project_id = c.project_id and ct.campaign_id = c.id and ct.revision = c.revision`;

/** The tiers that are asked for, those of stacks too, in no order. */
export const readTiers = (db: Db, projectId: string, { tierIds, stackIds }: AskedPromotions) => db<CheckoutTier[]>`
  select ${columns(db)} from ${source(db)} where t.project_id = ${projectId} and t.id = any(
    ${[...tierIds]}::text[] || array(
      select unnest(tier_ids) from promotion_stack where project_id = ${projectId} and id = any(${[...stackIds]}::text[])))`;

/** Tiers by their ids, in no order. */
export const readTiersById = (db: Db, projectId: string, ids: readonly string[]) =>
  readTiers(db, projectId, { tierIds: ids, stackIds: [] });

export const readStacks = (db: Db, projectId: string, ids: readonly string[]) => db<CheckoutStack[]>`
  select s.id, s.tier_ids, ${categoryOf(db, 's')} from promotion_stack s where s.project_id = ${projectId} and s.id = any(${[...ids]}::text[])`;

/** Keeps what has to be counted for the campaigns of these tiers as it is, in the order of their ids. To be sent before the tiers are read. */
export const shareTierCounting = (db: Db, projectId: string, { tierIds, stackIds }: AskedPromotions) => db`
  select pg_advisory_xact_lock_shared(hashtextextended('counting ' || ${projectId} || ' ' || campaign_id, 0))
  from (
    select distinct campaign_id from promotion_tier where project_id = ${projectId} and id = any(
      ${[...tierIds]}::text[] || array(
        select unnest(tier_ids) from promotion_stack where project_id = ${projectId} and id = any(${[...stackIds]}::text[])))
    order by campaign_id) as each`;
