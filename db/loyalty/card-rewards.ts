import type { PointsMapping } from '../../domain/loyalty/mapping.ts';
import type { Db } from '../client.ts';
import { jsonLines } from '../json-lines.ts';
import { rewardColumns, type Reward } from './rewards.ts';

/** A reward that is asked for a card: by its id, or by that of its assignment to the card's program. */
export interface AskedCardReward {
  codeKey: string;
  rewardId: string | null;
  assignmentId: string | null;
}

/** A reward that the program of a card has. */
export interface CardRewardRow extends Reward {
  /** Which of those that were asked it is, from 0. */
  asked: number;
  voucherId: string;
  assignmentId: string;
  /** null: as many as the member wants to pay with. */
  points: number | null;
  /** ISO 4217; the project's. */
  currency: string;
  /** Whether the holder has a card of the campaign whose balance the reward adds to. */
  hasCard: boolean;
  /** The tier that the card's holder stands on. */
  tierId: string | null;
  tierFrom: Date | null;
  tierUntil: Date | null;
  /** What the tier makes of the price. */
  mapping: PointsMapping | null;
}

const askedRows = (db: Db, asked: readonly AskedCardReward[]) => db`
  unnest(${asked.map((each) => each.codeKey)}::text[], ${asked.map((each) => each.rewardId)}::text[],
    ${asked.map((each) => each.assignmentId)}::text[]) with ordinality as q (code_key, reward_id, assignment_id, nr)`;

/**
 * Locks what is left of these rewards where there is not any number of them, in the order of their ids; the cards are locked before. To be
 * read in a statement of its own, after this one.
 */
export const lockRewardStock = (db: Db, projectId: string, asked: readonly AskedCardReward[]) => db`
  select 1 from reward w where w.project_id = ${projectId} and w.stock is not null and (
    w.id = any(${asked.flatMap((each) => each.rewardId ?? [])}::text[])
    or w.id in (
      select a.reward_id from reward_assignment a
      where a.project_id = ${projectId} and a.id = any(${asked.flatMap((each) => each.assignmentId ?? [])}::text[])))
  order by w.id for no key update`;

/** What was asked and is there: rewards that the programs of these cards have, with what they cost their holders. */
export const readCardRewards = (db: Db, projectId: string, asked: readonly AskedCardReward[]) => db<CardRewardRow[]>`
  select (q.nr - 1)::integer as asked, v.id as voucher_id, a.id as assignment_id, a.points, p.currency, ${rewardColumns(db)},
    t.id as tier_id, m.start_date as tier_from, m.expiration_date as tier_until, t.rewards->w.id as mapping,
    w.parameters->'campaign'->'balance' is not null and exists (
      select from voucher o where o.project_id = v.project_id and o.campaign_id = w.parameters->'campaign'->>'id' and o.holder_id = v.holder_id
    ) as has_card
  from ${askedRows(db, asked)}
  join voucher v on v.project_id = ${projectId} and v.code_key = q.code_key
  join reward_assignment a on a.project_id = v.project_id and a.campaign_id = v.campaign_id
    and (q.reward_id is null or a.reward_id = q.reward_id) and (q.assignment_id is null or a.id = q.assignment_id)
  join reward w on w.project_id = a.project_id and w.id = a.reward_id
  join project p on p.id = v.project_id
  left join loyalty_tier_member m on m.project_id = v.project_id and m.campaign_id = v.campaign_id and m.customer_id = v.holder_id
  left join loyalty_tier t on t.project_id = m.project_id and t.id = m.tier_id
  where q.reward_id is not null or q.assignment_id is not null`;

/** What a redemption gave for points. */
export interface GivenReward {
  redemptionId: string;
  rewardId: string;
  assignmentId: string;
  tierId: string | null;
  points: number;
  /** The reward as answers tell it, with what it came to. */
  reward: Record<string, unknown>;
}

const column = <K extends keyof GivenReward>(rows: readonly GivenReward[], name: K): GivenReward[K][] => rows.map((row) => row[name]);

/** Writes what redemptions gave. Not sent until awaited or executed. */
export const insertGivenRewards = (db: Db, projectId: string, rows: readonly GivenReward[]) => db`
  insert into reward_redemption (project_id, redemption_id, reward_id, assignment_id, tier_id, points, reward)
  select ${projectId}, redemption_id, reward_id, assignment_id, tier_id, points, reward::json
  from rows from (unnest(${column(rows, 'redemptionId')}::text[], ${column(rows, 'rewardId')}::text[], ${column(rows, 'assignmentId')}::text[],
      ${column(rows, 'tierId')}::text[], ${column(rows, 'points')}::bigint[]),
    string_to_table(${jsonLines(column(rows, 'reward'))}, E'\\n', '')) as g (redemption_id, reward_id, assignment_id, tier_id, points, reward)`;

/** Counts rewards that were given, or taken back (negative). Not sent until awaited or executed. */
export const countRewards = (db: Db, projectId: string, counts: ReadonlyMap<string, number>) => db`
  with locked as (
    select id from reward where project_id = ${projectId} and id = any(${[...counts.keys()]}::text[]) order by id for no key update
  )
  update reward w set redeemed = greatest(w.redeemed + c.by, 0)
  from locked l join unnest(${[...counts.keys()]}::text[], ${[...counts.values()]}::bigint[]) as c (id, by) on c.id = l.id
  where w.project_id = ${projectId} and w.id = l.id`;

/** Locks the rewards that redemptions gave, in the order of their ids. */
export const lockGivenRewards = (db: Db, projectId: string, redemptionIds: readonly string[]) => db`
  select 1 from reward w where w.project_id = ${projectId} and w.id in (
    select g.reward_id from reward_redemption g where g.project_id = ${projectId} and g.redemption_id = any(${redemptionIds}::text[]))
  order by w.id for no key update`;
