import type { RefereeReward } from '../domain/voucher-template.ts';
import type { Db, Tx } from './client.ts';
import type { EventRow } from './events.ts';

/** What came of a reward: the card that it came to, or why it came to none. */
export type GivenRefereeReward = Pick<RefereeReward, 'amount' | 'type'> & { campaign_id: string; campaign: string } & (
    { result: 'SUCCESS'; voucher_id: string; code: string } | { result: 'FAILURE'; reason: string }
  );

/** A referral whose program gives something to whom it brought, and that was not decided on. */
export interface OwedReward {
  id: string;
  campaignId: string;
  campaign: string;
  voucherId: string;
  code: string;
  referrerId: string;
  refereeId: string;
  refereeSourceId: string;
  reward: RefereeReward;
}

const owed = (db: Db) => db`
  from referral r
  join customer u on u.project_id = r.project_id and u.id = r.referee_id
  join campaign c on c.project_id = r.project_id and c.id = r.campaign_id
  join campaign_template t on t.project_id = c.project_id and t.campaign_id = c.id and t.revision = c.revision`;

/**
 * Of events that tell of referrals: which projects owe rewards, and to whom. An event that tells of a referral that is not its customer's,
 * since anybody may name one so, owes nothing.
 */
export const findReferees = (db: Db, events: readonly EventRow[]) => db<{ projectId: string; id: string; refereeId: string }[]>`
  select r.project_id, r.id, r.referee_id ${owed(db)}
  join unnest(${events.map((event) => event.projectId)}::text[], ${events.map((event) => String(event.data['referral_id']))}::text[],
    ${events.map((event) => event.customerId)}::text[]) as e (project_id, id, referee_id)
    on e.project_id = r.project_id and e.id = r.id and e.referee_id = r.referee_id
  where r.referee_reward is null and t.template #> '{referral_program,referee_reward}' is not null`;

/** Locks those of these referrals that nobody decided on, in their order. */
export const lockOwedRewards = (tx: Tx, projectId: string, ids: readonly string[]) => tx<OwedReward[]>`
  select r.id, r.campaign_id, c.name as campaign, r.voucher_id, r.code, r.referrer_id, r.referee_id, u.source_id as referee_source_id,
    t.template #> '{referral_program,referee_reward}' as reward ${owed(tx)}
  where r.project_id = ${projectId} and r.id = any(${ids as string[]}::text[]) and r.referee_reward is null
  order by r.id for no key update of r`;

/** Keeps what came of rewards, with their referrals locked. */
export const writeRefereeRewards = async (
  tx: Tx,
  projectId: string,
  rewards: readonly { id: string; given: GivenRefereeReward }[],
): Promise<void> => {
  await tx`
    update referral r set referee_reward = g.given
    from jsonb_to_recordset(${tx.json(rewards)}) as g (id text, given jsonb)
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
