import type { Interval, PartialFigures } from '../domain/analytics.ts';
import type { Campaign } from './campaign/campaigns.ts';
import type { Db } from './client.ts';
import type { Fragment } from './filter/condition.ts';
import { firstIdAt, type IdKind } from './ids.ts';

export interface AnalyticsQuery {
  projectId: string;
  /** null: all of the project. */
  campaignId: string | null;
  /** Whether the clocks of its customers can be turned, as in a sandbox. */
  travels: boolean;
  from: Date;
  /** Not included. */
  to: Date;
  /** null: one period, that begins with `from`. */
  interval: Interval | null;
  /** IANA name. */
  zone: string;
}

/** A sandbox may have turned a customer's clock by a year; ids are made in real time. */
const CLOCK_MS = 400 * 86_400_000;
/** Between the time that a row was given and that of its id. */
const SLACK_MS = 60_000;

const periodOf = (db: Db, { interval, zone, from }: AnalyticsQuery, time: Fragment) =>
  interval === null ? db`${from}::timestamptz` : db`date_trunc(${interval}, ${time}, ${zone})`;

const happened = (db: Db) => db`coalesce(r.at, r.created_at)`;

/** Rows of the ledger that are of the campaign, or of any redeemable; the parents of stacks are of none. */
const ofCampaign = (db: Db, { projectId, campaignId }: AnalyticsQuery) =>
  campaignId === null
    ? db`r.project_id = ${projectId} and (r.code is not null or r.promotion_tier_id is not null)`
    : db`r.project_id = ${projectId} and r.campaign_id = ${campaignId}`;

/** Of those, what happened between the two times: of a whole project the ids say where they stand. */
const between = (db: Db, query: AnalyticsQuery) => {
  const { campaignId, travels, from, to } = query;
  const first = firstIdAt('redemption', new Date(from.getTime() - (travels ? CLOCK_MS : SLACK_MS)));
  const end = firstIdAt('redemption', new Date(to.getTime() + SLACK_MS));
  return db`
    ${ofCampaign(db, query)} and ${happened(db)} >= ${from} and ${happened(db)} < ${to}
    ${campaignId === null ? db`and r.id >= ${first} and r.id < ${end}` : db``}`;
};

/** Redemptions that succeeded, each order once: one of its codes for all, the first. */
const purchases = (db: Db, where: Fragment) => db`
  select r.id, r.customer_id, ${happened(db)} as at, r."order" from redemption r
  where ${where} and r.object = 'redemption' and r.result = 'SUCCESS' and r.parent_id is null
  union all (
    select distinct on (r.parent_id) r.parent_id, r.customer_id, ${happened(db)} as at, r."order" from redemption r
    where ${where} and r.object = 'redemption' and r.result = 'SUCCESS' and r.parent_id is not null order by r.parent_id, r.id
  )`;

const notRolledBack = (db: Db) => db`
  not exists (select from redemption b where b.project_id = r.project_id and b.rollback_of = r.id and b.result = 'SUCCESS')`;

type Row = Record<string, number | string | Date | null>;

/** The driver writes the names of columns in its own way. */
const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const partOf = ({ period, ...figures }: Row): PartialFigures => ({
  period: (period as Date).toISOString(),
  ...Object.fromEntries(Object.entries(figures).map(([name, value]) => [snake(name), Number(value ?? 0)])),
});

/** Redemptions and rollbacks. */
const ledger = async (db: Db, query: AnalyticsQuery): Promise<PartialFigures[]> => {
  const rows = await db<Row[]>`
    select ${periodOf(db, query, happened(db))} as period,
      count(*) filter (where object = 'redemption' and result = 'SUCCESS') as redeemed,
      count(*) filter (where object = 'redemption' and result = 'FAILURE') as failed,
      count(*) filter (where object = 'redemption_rollback' and result = 'SUCCESS') as rolled_back,
      coalesce(sum(amount) filter (where object = 'redemption' and result = 'SUCCESS'), 0)::bigint as discount_given,
      coalesce(-sum(amount) filter (where object = 'redemption_rollback' and result = 'SUCCESS'), 0)::bigint as discount_rolled_back
    from redemption r where ${between(db, query)} group by 1`;
  return rows.map((row) => partOf(row));
};

const byReason = (rows: { period: Date; reason: string; count: number }[], name: 'failures' | 'validations_failed'): PartialFigures[] =>
  rows.map(({ period, reason, count }) => ({ period: period.toISOString(), [name]: { [reason]: count } }));

const failures = async (db: Db, query: AnalyticsQuery): Promise<PartialFigures[]> =>
  byReason(
    await db<{ period: Date; reason: string; count: number }[]>`
      select ${periodOf(db, query, happened(db))} as period, coalesce(r.failure_code, 'unknown') as reason, count(*)
      from redemption r where ${between(db, query)} and r.object = 'redemption' and r.result = 'FAILURE' group by 1, 2`,
    'failures',
  );

/** One row for each order, however many codes it redeemed; where it has none, for each redemption. */
const orders = async (db: Db, query: AnalyticsQuery): Promise<PartialFigures[]> => {
  const rows = await db<Row[]>`
    select ${periodOf(db, query, db`p.at`)} as period, count(*) as orders, coalesce(sum((p."order"->>'amount')::numeric), 0)::bigint as order_value
    from (${purchases(db, between(db, query))}) p group by 1`;
  return rows.map((row) => partOf(row));
};

const ordersRolledBack = async (db: Db, query: AnalyticsQuery): Promise<PartialFigures[]> => {
  const rows = await db<Row[]>`
    with undone as (
      select distinct on (coalesce(o.parent_id, o.id)) ${happened(db)} as at, (o."order"->>'amount')::numeric as amount
      from redemption r join redemption o on o.project_id = r.project_id and o.id = r.rollback_of
      where ${between(db, query)} and r.object = 'redemption_rollback' and r.result = 'SUCCESS'
      order by coalesce(o.parent_id, o.id), r.id
    )
    select ${periodOf(db, query, db`undone.at`)} as period, coalesce(sum(amount), 0)::bigint as order_value_rolled_back
    from undone group by 1`;
  return rows.map((row) => partOf(row));
};

/** Purchases that stand, of customers who had made one before, whenever that was. */
const repeats = async (db: Db, query: AnalyticsQuery): Promise<PartialFigures[]> => {
  const standing = db`r.customer_id is not null and ${notRolledBack(db)}`;
  const rows = await db<Row[]>`
    with numbered as (
      select p.at, p.customer_id, row_number() over (partition by p.customer_id order by p.at, p.id) as number
      from (${purchases(db, db`${between(db, query)} and ${standing}`)}) p
    )
    select ${periodOf(db, query, db`n.at`)} as period, count(*) as repeat_purchases from numbered n
    where n.number > 1 or exists (
      select from redemption r where ${ofCampaign(db, query)} and r.customer_id = n.customer_id
        and r.object = 'redemption' and r.result = 'SUCCESS' and ${happened(db)} < ${query.from} and ${notRolledBack(db)})
    group by 1`;
  return rows.map((row) => partOf(row));
};

const publications = async (db: Db, query: AnalyticsQuery): Promise<PartialFigures[]> => {
  const { projectId, campaignId, from, to } = query;
  const rows = await db<Row[]>`
    select ${periodOf(db, query, db`v.published_at`)} as period, count(*) as published from voucher v
    where v.project_id = ${projectId} ${campaignId === null ? db`` : db`and v.campaign_id = ${campaignId}`}
      and v.published_at >= ${from} and v.published_at < ${to} group by 1`;
  return rows.map((row) => partOf(row));
};

const validations = async (db: Db, query: AnalyticsQuery): Promise<PartialFigures[]> => {
  const { projectId, campaignId, from, to } = query;
  const rows = await db<{ period: Date; outcome: string; count: number }[]>`
    select ${periodOf(db, query, db`c.at`)} as period, c.outcome, sum(c.count)::bigint as count from validation_count c
    where c.project_id = ${projectId} ${campaignId === null ? db`` : db`and c.campaign_id = ${campaignId}`} and c.at >= ${from} and c.at < ${to}
    group by 1, 2`;
  return rows.map(({ period, outcome, count }) => ({
    period: period.toISOString(),
    validated: count,
    ...(outcome !== 'valid' && { validations_failed: { [outcome]: count } }),
  }));
};

/** What happened between two times, part by part: domain/analytics.ts puts the parts together. */
export const readAnalytics = async (db: Db, query: AnalyticsQuery): Promise<PartialFigures[]> =>
  (
    await Promise.all([ledger, failures, orders, ordersRolledBack, repeats, publications, validations].map((read) => read(db, query)))
  ).flat();

const NO_GIFTS = { giftAmount: 0, credits: 0, returned: 0 };

type CampaignKey = Pick<Campaign, 'id' | 'projectId' | 'campaignType'>;

/** What the summary of a campaign tells beside. Only gift cards are worth something by themselves. */
export const readCampaignCounts = async (db: Db, { id, projectId, campaignType }: CampaignKey, from: Date, to: Date) => {
  const made = (kind: IdKind) => db`id >= ${firstIdAt(kind, from)} and id < ${firstIdAt(kind, to)}`;
  const counts = db<{ created: number; succeeded: number; failed: number }[]>`
    select
      (select count(*) from voucher where project_id = ${projectId} and campaign_id = ${id} and ${made('voucher')}) as created,
      count(*) filter (where result = 'SUCCESS') as succeeded, count(*) filter (where result = 'FAILURE') as failed
    from publication where project_id = ${projectId} and campaign_id = ${id} and ${made('publication')}`;
  const gifts = db<{ giftAmount: number; credits: number; returned: number }[]>`
    select
      (select coalesce(sum(gift_amount), 0)::bigint from voucher where project_id = ${projectId} and campaign_id = ${id} and ${made('voucher')})
        as gift_amount,
      (select coalesce(sum(r.credits), 0)::bigint from redemption r where r.project_id = ${projectId} and r.campaign_id = ${id}
        and r.object = 'redemption' and r.result = 'SUCCESS' and ${happened(db)} >= ${from} and ${happened(db)} < ${to}) as credits,
      (select coalesce(sum(o.credits), 0)::bigint from redemption r join redemption o on o.project_id = r.project_id and o.id = r.rollback_of
        where r.project_id = ${projectId} and r.campaign_id = ${id} and r.object = 'redemption_rollback' and r.result = 'SUCCESS'
          and ${happened(db)} >= ${from} and ${happened(db)} < ${to}) as returned`;
  const [[count], [gift]] = await Promise.all([counts, campaignType === 'GIFT_VOUCHERS' ? gifts : [NO_GIFTS]]);
  return { ...count!, ...gift };
};
