import type { GivenRefereeReward } from '../../domain/referral/referee-reward.ts';
import type { RefereeReward } from '../../domain/voucher/template.ts';
import type { Db, Tx } from '../client.ts';
import type { EventRow } from '../event/events.ts';
import type { NewReferral } from './referrals.ts';

/** A referral whose program gives something to whom it brought, and that is to be decided on. */
export interface OwedReward extends NewReferral {
  id: string;
  reward: RefereeReward;
  /** How often it was tried before. */
  attempts: number;
}

/** Somebody who was brought, by the referral's id. */
export interface Referee {
  id: string;
  refereeId: string;
}

/** Of the program as it was when the referee came. */
const programs = (db: Db) => db`
  left join campaign c on c.project_id = r.project_id and c.id = r.campaign_id
  left join campaign_template t on t.project_id = c.project_id and t.campaign_id = c.id and t.revision = coalesce(r.campaign_revision, c.revision)`;

/**
 * Of events that tell of referrals: which projects owe rewards, and to whom. An event that tells of a referral that is not its customer's,
 * since anybody may name one so, owes nothing.
 */
export const findReferees = (db: Db, events: readonly EventRow[]) => db<(Referee & { projectId: string })[]>`
  select r.project_id, r.id, r.referee_id from referral r ${programs(db)}
  join unnest(${events.map((event) => event.projectId)}::text[], ${events.map((event) => String(event.data['referral_id']))}::text[],
    ${events.map((event) => event.customerId)}::text[]) as e (project_id, id, referee_id)
    on e.project_id = r.project_id and e.id = r.id and e.referee_id = r.referee_id
  where r.referee_reward is null and t.template #> '{referral_program,referee_reward}' is not null`;

/** Whose rewards are tried again now, the first first. Who is not there any more gets nothing. */
export const findDueRewards = (db: Db, now: Date, limit: number) => db<(Referee & { projectId: string })[]>`
  select r.project_id, r.id, r.referee_id from referral r join customer u on u.project_id = r.project_id and u.id = r.referee_id
  where r.reward_due_at <= ${now} order by r.reward_due_at, r.id limit ${limit}`;

/** Which rewards are asked for: those that nobody decided on, those that are tried again now, or those that were not given. */
export type Asked = 'undecided' | 'due' | 'failed';

/** What is kept of a reward that was decided on says the same as its program did then. */
const kept = (db: Db) => db`
  jsonb_build_object('amount', r.referee_reward -> 'amount', 'type', r.referee_reward -> 'type', 'related_object_parent',
    jsonb_build_object('id', r.referee_reward -> 'campaign_id', 'name', r.referee_reward -> 'campaign', 'object', 'CAMPAIGN'))`;

/** Locks those of these referrals whose rewards are asked for, in their order. */
export const lockOwedRewards = (tx: Tx, projectId: string, ids: readonly string[], asked: Asked, now: Date) => {
  const which = {
    undecided: tx`r.referee_reward is null and t.template #> '{referral_program,referee_reward}' is not null`,
    due: tx`r.reward_due_at <= ${now}`,
    failed: tx`r.referee_reward ->> 'result' = 'FAILURE'`,
  }[asked];
  return tx<OwedReward[]>`
    select r.id, r.campaign_id, coalesce(c.name, r.campaign_id) as campaign, r.voucher_id, r.code, r.referrer_id, r.referee_id,
      u.source_id as referee_source_id, r.reward_attempts as attempts,
      case when r.referee_reward is null then t.template #> '{referral_program,referee_reward}' else ${kept(tx)} end as reward
    from referral r join customer u on u.project_id = r.project_id and u.id = r.referee_id ${programs(tx)}
    where r.project_id = ${projectId} and r.id = any(${ids as string[]}::text[]) and ${which}
    order by r.id for no key update of r`;
};

/** What stands of a reward once it was tried to give it. */
export interface DecidedReward {
  /** The referral's. */
  id: string;
  given: GivenRefereeReward;
  /** How often it was tried since it was asked for. */
  attempts: number;
  /** When it is tried again, ISO 8601; null: it is given, or given up. */
  dueAt: string | null;
}

/** The same as it is told. */
export const refereeRewardView = ({ given, attempts, dueAt }: Omit<DecidedReward, 'id'>) =>
  given.result === 'SUCCESS' ? given : { ...given, attempts, next_attempt_at: dueAt };

/** Keeps what came of rewards, with their referrals locked. */
export const writeRefereeRewards = async (tx: Tx, projectId: string, rewards: readonly DecidedReward[], now: Date): Promise<void> => {
  if (rewards.length === 0) return;
  await tx`
    update referral r set referee_reward = g.given, reward_attempts = g.attempts, reward_due_at = g."dueAt", reward_tried_at = ${now}
    from jsonb_to_recordset(${tx.json(rewards as never)}) as g (id text, given jsonb, attempts integer, "dueAt" timestamptz)
    where r.project_id = ${projectId} and r.id = g.id`;
};

/** A card that a customer has of a campaign. */
export interface HeldCard {
  id: string;
  code: string;
  campaignId: string;
  customerId: string;
}

/**
 * Locks the cards that customers have of campaigns and can use, in the order of their codes.
 * @param members with the customers' times
 */
export const lockUsableCards = (tx: Tx, projectId: string, members: readonly { customerId: string; campaignId: string; at: Date }[]) => tx<
  HeldCard[]
>`
  select v.id, v.code, v.campaign_id, v.holder_id as customer_id
  from unnest(${members.map((each) => each.customerId)}::text[], ${members.map((each) => each.campaignId)}::text[],
    ${members.map((each) => each.at.toISOString())}::timestamptz[]) as m (customer_id, campaign_id, at)
  join voucher v on v.project_id = ${projectId} and v.holder_id = m.customer_id and v.campaign_id = m.campaign_id
  where v.active and v.withdrawn_at is null and (v.expiration_date is null or v.expiration_date > m.at)
  order by v.code_key, v.id for no key update of v`;
