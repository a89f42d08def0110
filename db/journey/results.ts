import type { Db } from '../client.ts';

/** Whose results are counted: those who entered a journey, on a version and in a time. */
export interface ResultsOf {
  projectId: string;
  journeyId: string;
  version: number | undefined;
  /** When they entered, in their own time. */
  from: Date | undefined;
  to: Date | undefined;
}

const members = (db: Db, of: ResultsOf) => db`
  enrolment e where e.project_id = ${of.projectId} and e.journey_id = ${of.journeyId}
  ${of.version === undefined ? db`` : db`and e.version = ${of.version}`}
  ${of.from === undefined ? db`` : db`and e.entered_at >= ${of.from}`}
  ${of.to === undefined ? db`` : db`and e.entered_at < ${of.to}`}`;

export interface Standing {
  holdout: boolean;
  state: string;
  outcome: string | null;
  step: string | null;
  customers: number;
  /** Of them, who reached the goal within its window, and who still may. */
  converted: number;
  open: number;
}

/** Where everybody is or how they ended, by group. */
export const countStandings = (db: Db, of: ResultsOf): Promise<Standing[]> =>
  db<Standing[]>`
    select e.holdout, e.state, case when e.state in ('active', 'held') then null else e.outcome end as outcome,
      case when e.state in ('active', 'held') then e.step end as step, count(*)::int as customers,
      count(*) filter (where e.goal_at is not null)::int as converted,
      count(*) filter (where e.goal_at is null and e.goal_until > now())::int as open
    from ${members(db, of)} group by 1, 2, 3, 4`;

export interface StepCount {
  step: string;
  kind: string;
  outcome: string;
  /** The split and the variant of those who are counted; null for all. */
  split: string | null;
  variant: string | null;
  customers: number;
}

/** How many came to each step and with what outcome: all of them, and by the variant of each split that they passed. */
export const countSteps = (db: Db, of: ResultsOf): Promise<StepCount[]> =>
  db<StepCount[]>`
    with inside as (select e.project_id, e.id from ${members(db, of)}),
      visits as (select s.enrolment_id, s.step, s.kind, s.outcome from inside i join enrolment_step s on s.project_id = i.project_id and s.enrolment_id = i.id)
    select step, kind, outcome, null as split, null as variant, count(distinct enrolment_id)::int as customers from visits group by 1, 2, 3
    union all
    select v.step, v.kind, v.outcome, x.step, x.outcome, count(distinct v.enrolment_id)::int
    from visits x join visits v using (enrolment_id) where x.kind = 'split' group by 1, 2, 3, 4, 5`;

export interface Reach {
  step: string;
  split: string | null;
  variant: string | null;
  /** Who came there, and for whom it was done: who leaves while they wait came and went. */
  came: number;
  done: number;
}

/** How many came to each step, whatever its outcome: all of them, and by the variant of each split that they passed. */
export const countReached = (db: Db, of: ResultsOf): Promise<Reach[]> =>
  db<Reach[]>`
    with inside as (select e.project_id, e.id, e.step from ${members(db, of)}),
      visits as (
        select s.enrolment_id, s.step, true as done from inside i
        join enrolment_step s on s.project_id = i.project_id and s.enrolment_id = i.id
        union all select id, step, false from inside where step is not null),
      split as (
        select s.enrolment_id, s.step, s.outcome from inside i join enrolment_step s on s.project_id = i.project_id and s.enrolment_id = i.id
        where s.kind = 'split')
    select step, null as split, null as variant, count(distinct enrolment_id)::int as came,
      count(distinct enrolment_id) filter (where done)::int as done
    from visits group by 1
    union all
    select v.step, x.step, x.outcome, count(distinct v.enrolment_id)::int, count(distinct v.enrolment_id) filter (where v.done)::int
    from split x join visits v using (enrolment_id) group by 1, 2, 3 order by 1, 2, 3`;

export interface VariantCount {
  split: string;
  variant: string;
  holdout: boolean;
  customers: number;
  converted: number;
}

/** Who fell into which variant, and how many of them reached the goal. */
export const countVariants = (db: Db, of: ResultsOf): Promise<VariantCount[]> =>
  db<VariantCount[]>`
    select s.step as split, s.outcome as variant, coalesce((s.detail ->> 'holdout')::boolean, false) as holdout,
      count(distinct i.id)::int as customers, count(distinct i.id) filter (where i.goal_at is not null)::int as converted
    from (select e.project_id, e.id, e.goal_at from ${members(db, of)}) i
    join enrolment_step s on s.project_id = i.project_id and s.enrolment_id = i.id and s.kind = 'split' group by 1, 2, 3 order by 1, 2`;

export interface Revenue {
  currency: string;
  holdout: boolean;
  /** Minor units. */
  amount: number;
  orders: number;
}

/** What the orders brought that reached the goal: the amount that its event tells, after discounts where it tells that. */
export const sumRevenue = (db: Db, of: ResultsOf, currency: string): Promise<Revenue[]> =>
  db<Revenue[]>`
    select coalesce(v.data -> 'order' ->> 'currency', v.data ->> 'currency', ${currency}) as currency, i.holdout,
      sum(round(a.amount))::bigint as amount, count(*)::int as orders
    from (select e.project_id, e.holdout, e.goal_event_id from ${members(db, of)} and e.goal_event_id is not null) i
    join event v on v.project_id = i.project_id and v.id = i.goal_event_id
    cross join lateral (
      select (told #>> '{}')::numeric as amount
      from unnest(array[v.data -> 'order' -> 'total_amount', v.data -> 'total_amount', v.data -> 'order' -> 'amount', v.data -> 'amount'])
        with ordinality as t (told, place)
      where jsonb_typeof(told) = 'number' order by place limit 1) a
    group by 1, 2 order by 1, 2`;

export interface CouponCount {
  campaign: string;
  issued: number;
  redeemed: number;
}

/** The coupons that the journey gave them, by campaign. */
export const countCoupons = (db: Db, of: ResultsOf): Promise<CouponCount[]> =>
  db<CouponCount[]>`
    select coalesce(c.name, v.campaign_id) as campaign, count(*)::int as issued, count(*) filter (where v.redeemed_quantity > 0)::int as redeemed
    from (select e.project_id, e.id from ${members(db, of)}) i
    join voucher v on v.project_id = i.project_id and v.enrolment_id = i.id
    left join campaign c on c.project_id = v.project_id and c.id = v.campaign_id group by 1 order by 1`;

export interface Discount {
  currency: string;
  /** What was taken off, less what was given back. Minor units. */
  amount: number;
  redemptions: number;
}

/** What their coupons took off orders; what was rolled back is taken away again. */
export const sumDiscounts = (db: Db, of: ResultsOf, currency: string): Promise<Discount[]> =>
  db<Discount[]>`
    select coalesce(r."order" ->> 'currency', ${currency}) as currency, sum(r.amount)::bigint as amount,
      (count(*) filter (where r.object = 'redemption') - count(*) filter (where r.object = 'redemption_rollback'))::int as redemptions
    from (select e.project_id, e.id from ${members(db, of)}) i
    join voucher v on v.project_id = i.project_id and v.enrolment_id = i.id
    join redemption r on r.project_id = v.project_id and r.voucher_id = v.id and r.result = 'SUCCESS' group by 1 order by 1`;

/** What became of their mails and webhooks, by state. */
export const countDeliveries = (db: Db, of: ResultsOf): Promise<{ state: string; count: number }[]> =>
  db`
    select d.state, count(*)::int as count from (select e.project_id, e.id from ${members(db, of)}) i
    join delivery d on d.project_id = i.project_id and d.enrolment_id = i.id group by 1 order by 1`;
