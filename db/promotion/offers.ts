import type { CheckoutVoucher } from '../checkout/checkout.ts';
import type { Db } from '../client.ts';

/**
 * What changes whenever something changes of what a project offers to all: its campaigns, tiers, stacks and categories. Every version of a
 * row has an xmin of its own, so nobody has to keep a number that all of them share.
 */
export const readOffersVersion = async (db: Db, projectId: string): Promise<string> => {
  const [row] = await db<{ version: string }[]>`
    select concat_ws(' ', c.version, t.version, s.version, k.version) as version from
      (select count(*) || ':' || coalesce(bit_xor(hashtextextended(id || xmin::text, 0)), 0) as version from campaign
        where project_id = ${projectId} and active) c,
      (select count(*) || ':' || coalesce(bit_xor(hashtextextended(id || xmin::text, 0)), 0) as version from promotion_tier
        where project_id = ${projectId}) t,
      (select count(*) || ':' || coalesce(bit_xor(hashtextextended(id || xmin::text, 0)), 0) as version from promotion_stack
        where project_id = ${projectId}) s,
      (select count(*) || ':' || coalesce(bit_xor(hashtextextended(id || xmin::text, 0)), 0) as version from category
        where project_id = ${projectId}) k`;
  return row!.version;
};

/** The most that is looked at of what is for all. */
const MOST_CAMPAIGNS = 10_000;

/**
 * Campaigns of codes that may count now or later, each as if it were a code that nobody has used yet: its key and id are the campaign's.
 * The latest first.
 */
export const readCampaignOffers = (db: Db, projectId: string, now: Date) => db<CheckoutVoucher[]>`
  select c.id as code_key, c.id, '' as code, 1 as revision, c.category, null::timestamptz as start_date, null::timestamptz as expiration_date,
    true as active, null::text as withdrawn_reason, (t.template->'redemption'->>'quantity')::integer as quantity, 0 as redeemed_quantity,
    null::text as holder_id, null::bigint as holder_offset_ms, nullif(c.metadata, '{}') as metadata, c.created_at::text as created_at,
    null::text as definition, c.id as campaign_id, c.revision as template_revision, c.name as campaign, c.active as campaign_active,
    c.campaign_type, c.start_date as campaign_start_date, c.expiration_date as campaign_expiration_date, c.revision as campaign_revision,
    c.counting, null::timestamptz as locked_until, null::bigint as gift_amount, null::bigint as gift_balance,
    case when c.category is not null then (
      select jsonb_build_object('id', k.id, 'name', k.name, 'hierarchy', k.hierarchy) from category k
      where k.project_id = c.project_id and k.name = c.category) end as known_category,
    null::text[] as rule_refs, c.rule_refs as campaign_rule_refs
  from campaign c join campaign_template t on t.project_id = c.project_id and t.campaign_id = c.id and t.revision = c.revision
  where c.project_id = ${projectId} and c.active and c.campaign_type = 'DISCOUNT_COUPONS'
    and (c.expiration_date is null or c.expiration_date > ${now})
  order by c.id desc limit ${MOST_CAMPAIGNS}`;

export interface PromotionRef {
  id: string;
  createdAt: Date;
}

/** Tiers that may count now or later, the latest first. */
export const readTierOffers = (db: Db, projectId: string, now: Date) => db<PromotionRef[]>`
  select t.id, t.created_at from promotion_tier t join campaign c on c.project_id = t.project_id and c.id = t.campaign_id
  where t.project_id = ${projectId} and t.active and c.active and (c.expiration_date is null or c.expiration_date > ${now})
    and (t.expiration_date is null or t.expiration_date > ${now})
  order by t.id desc limit ${MOST_CAMPAIGNS}`;

/** Stacks of campaigns that may count now or later, the latest first. */
export const readStackOffers = (db: Db, projectId: string, now: Date) => db<(PromotionRef & { name: string })[]>`
  select s.id, s.name, s.created_at from promotion_stack s join campaign c on c.project_id = s.project_id and c.id = s.campaign_id
  where s.project_id = ${projectId} and c.active and (c.expiration_date is null or c.expiration_date > ${now})
  order by s.id desc limit ${MOST_CAMPAIGNS}`;

/** The most codes that are looked at: of those for all, the latest; of each customer's, the latest. */
const MOST_CODES = 100;

/** Codes without a campaign that anybody may use, and more than once; the latest first. */
export const findOpenCodes = async (db: Db, projectId: string): Promise<string[]> => {
  const rows = await db<{ codeKey: string }[]>`
    select code_key from voucher
    where project_id = ${projectId} and campaign_id is null and holder_id is null and active and (quantity is null or quantity > 1)
    order by id desc limit ${MOST_CODES}`;
  return rows.map((row) => row.codeKey);
};

/** Codes that belong to these customers, the latest first. */
export const findHeldCodes = async (db: Db, projectId: string, customerIds: string[]): Promise<{ holderId: string; codeKey: string }[]> => {
  if (customerIds.length === 0) return [];
  return db<{ holderId: string; codeKey: string }[]>`
    select h.holder_id, v.code_key from unnest(${customerIds}::text[]) as h (holder_id), lateral (
      select code_key from voucher
      where project_id = ${projectId} and holder_id = h.holder_id and active and withdrawn_at is null and (quantity is null or redeemed_quantity < quantity)
      order by id desc limit ${MOST_CODES}) v`;
};
