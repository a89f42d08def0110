import type { GivenRefereeReward } from '../../domain/referral/referee-reward.ts';
import type { ReferralProgram } from '../../domain/voucher/template.ts';
import type { Db } from '../client.ts';
import { partitionOf } from '../event/events.ts';
import { newId } from '../ids.ts';
import { jsonLines } from '../json-lines.ts';
import { toPage, type Page } from '../paging.ts';

/** Somebody came by somebody else's code. */
export interface NewReferral {
  campaignId: string;
  campaign: string;
  voucherId: string;
  code: string;
  /** Who holds the code, and who came by it. */
  referrerId: string;
  refereeId: string;
  refereeSourceId: string;
}

/** Told to the referrer and to the referee, each in their own time. */
const REFERRAL_EVENTS = { referrer: 'customer.referred', referee: 'referral.joined' } as const;

/**
 * Keeps who brought whom, once for each campaign and referee, and tells both of it; who was brought before stays with whom it was. Not
 * sent until awaited or executed: the new ones come back.
 * @param now real time; events are told by their customer's clock
 */
export const insertReferrals = (db: Db, projectId: string, referrals: readonly NewReferral[], now: Date) => {
  const rows = referrals.map((referral) => {
    const id = newId('referral');
    const data = {
      referral_id: id,
      code: referral.code,
      voucher_id: referral.voucherId,
      campaign_id: referral.campaignId,
      campaign: referral.campaign,
      referrer_id: referral.referrerId,
      referee_id: referral.refereeId,
      referee_source_id: referral.refereeSourceId,
    };
    return { ...referral, id, data };
  });
  const told = rows.flatMap((row) => [
    { referral: row.id, event: newId('event'), type: REFERRAL_EVENTS.referrer, customer: row.referrerId, data: row.data },
    { referral: row.id, event: newId('event'), type: REFERRAL_EVENTS.referee, customer: row.refereeId, data: row.data },
  ]);
  return db<{ id: string }[]>`
    with made as (
      insert into referral (project_id, id, campaign_id, voucher_id, code, referrer_id, referee_id, created_at, campaign_revision)
      select ${projectId}, id, campaign_id, voucher_id, code, referrer_id, referee_id, ${now},
        (select c.revision from campaign c where c.project_id = ${projectId} and c.id = i.campaign_id)
      from unnest(${rows.map((row) => row.id)}::text[], ${rows.map((row) => row.campaignId)}::text[], ${rows.map((row) => row.voucherId)}::text[],
        ${rows.map((row) => row.code)}::text[], ${rows.map((row) => row.referrerId)}::text[], ${rows.map((row) => row.refereeId)}::text[])
        as i (id, campaign_id, voucher_id, code, referrer_id, referee_id)
      order by campaign_id, referee_id
      on conflict (project_id, campaign_id, referee_id) do nothing
      returning id
    ), told as (
      select t.*, ${now}::timestamptz + coalesce(c.clock_offset_ms, 0) * interval '1 millisecond' as occurred_at
      from rows from (unnest(${told.map((each) => each.referral)}::text[], ${told.map((each) => each.event)}::text[],
          ${told.map((each) => each.type)}::text[], ${told.map((each) => each.customer)}::text[],
          ${told.map((each) => partitionOf(each.customer))}::smallint[]),
        string_to_table(${jsonLines(told.map((each) => each.data))}, E'\\n', '')) as t (referral_id, id, type, customer_id, partition, data)
      join made on made.id = t.referral_id
      left join customer c on c.project_id = ${projectId} and c.id = t.customer_id
    ), written as (
      insert into event (project_id, id, type, customer_id, data, occurred_at)
      select ${projectId}, id, type, customer_id, data::jsonb, occurred_at from told
    ), waiting as (
      insert into outbox (partition, project_id, event_id, customer_id) select partition, ${projectId}, id, customer_id from told
    )
    select id from made`;
};

export interface Referral {
  id: string;
  campaignId: string;
  campaign: string | null;
  voucherId: string;
  code: string;
  referrerId: string;
  refereeId: string;
  /** What came of what the program gives to the referee; null: nothing yet, or it gives nothing. */
  refereeReward: GivenRefereeReward | null;
  /** How often it was tried, and when it is tried again; null: it is given, or given up. */
  rewardAttempts: number;
  rewardDueAt: Date | null;
  createdAt: Date;
}

const columns = (db: Db) => db`
  r.id, r.campaign_id, c.name as campaign, r.voucher_id, r.code, r.referrer_id, r.referee_id, r.referee_reward, r.reward_attempts, r.reward_due_at,
  r.created_at`;

const source = (db: Db) => db`referral r left join campaign c on c.project_id = r.project_id and c.id = r.campaign_id`;

export const findReferral = async (db: Db, projectId: string, id: string): Promise<Referral | null> => {
  const [row] = await db<Referral[]>`select ${columns(db)} from ${source(db)} where r.project_id = ${projectId} and r.id = ${id}`;
  return row ?? null;
};

/** Whom a customer brought, or by whom they came, the newest first. */
export const listReferrals = async (
  db: Db,
  projectId: string,
  filter: { referrerId?: string; refereeId?: string; campaign?: string },
  { limit, startingAfter }: { limit: number; startingAfter?: string },
): Promise<Page<Referral>> => {
  const where = db`
    r.project_id = ${projectId}
    ${filter.referrerId === undefined ? db`` : db`and r.referrer_id = ${filter.referrerId}`}
    ${filter.refereeId === undefined ? db`` : db`and r.referee_id = ${filter.refereeId}`}
    ${filter.campaign === undefined ? db`` : db`and (r.campaign_id = ${filter.campaign} or c.name = ${filter.campaign})`}`;
  const rows = await db<Referral[]>`
    select ${columns(db)} from ${source(db)}
    where ${where} ${startingAfter === undefined ? db`` : db`and r.id < ${startingAfter}`} order by r.id desc limit ${limit + 1}`;
  const [totals] = await db<{ total: number }[]>`select count(*) as total from ${source(db)} where ${where}`;
  return toPage(rows, limit, totals?.total ?? 0);
};

/** A code that brings others, with who holds it. */
export interface ReferralCode {
  voucherId: string;
  code: string;
  campaignId: string;
  campaign: string;
  holderId: string | null;
  program: ReferralProgram | null;
}

/** @returns null where the code is no referral code of the project */
export const findReferralCode = async (db: Db, projectId: string, codeKey: string): Promise<ReferralCode | null> => {
  const [row] = await db<ReferralCode[]>`
    select v.id as voucher_id, v.code, c.id as campaign_id, c.name as campaign, v.holder_id, t.template->'referral_program' as program
    from voucher v join campaign c on c.project_id = v.project_id and c.id = v.campaign_id
    join campaign_template t on t.project_id = c.project_id and t.campaign_id = c.id and t.revision = c.revision
    where v.project_id = ${projectId} and v.code_key = ${codeKey} and c.campaign_type = 'REFERRAL_PROGRAM'`;
  return row ?? null;
};
