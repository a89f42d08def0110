import { findCampaigns } from '../../db/campaign/campaigns.ts';
import type { Sql, Tx } from '../../db/client.ts';
import { findClocks, updateCustomers } from '../../db/customer/customers.ts';
import { recordEvents, type EventRow } from '../../db/event/events.ts';
import { findProject } from '../../db/project/projects.ts';
import {
  findDueRewards,
  findReferees,
  lockOwedRewards,
  refereeRewardView,
  writeRefereeRewards,
  type Asked,
  type DecidedReward,
  type OwedReward,
  type Referee,
} from '../../db/referral/referee-rewards.ts';
import { withRetries } from '../../db/delivery/retries.ts';
import { retryDelay, REWARD_RETRY_SCHEDULE } from '../../domain/delivery/retry-schedule.ts';
import { give, heldCards, memberKey, type Came } from './referee-giving.ts';

export interface RefereeRewardsDeps {
  /** Real time. */
  now: () => Date;
  /** A cryptographically secure source. */
  randomBytes: (n: number) => Uint8Array;
  /** From 0 to 1, exclusive: spreads what is tried again. */
  random: () => number;
}

/**
 * Gives customers whom a referral code brought what its program promises them, in the transaction that takes `referral.joined` out of the
 * outbox: on the card that they have, or on one that they are given. Each referral is decided on once, however often the event is routed; what
 * came of it stays with it and is told. It comes before the routes that lock cards.
 */
export const createRefereeRewards =
  (deps: RefereeRewardsDeps): ((tx: Tx, events: EventRow[]) => Promise<void>) =>
  async (tx, events) => {
    const joined = events.filter((event) => event.type === 'referral.joined' && event.customerId !== null);
    if (joined.length === 0) return;
    const referees = Map.groupBy(await findReferees(tx, joined), ({ projectId }) => projectId);
    for (const projectId of [...referees.keys()].toSorted())
      await rewardReferees(tx, deps, projectId, referees.get(projectId)!, 'undecided');
  };

const SET = 50;
/** How many sets one round takes; the next round goes on. */
const MOST_SETS = 20;

/**
 * Tries again to give what could not be given, once it is due: a set of one project in a transaction. Repeatable at any moment, by several at
 * once: what one has decided on is not due any more for the other, the referrals locked.
 * @returns how many were due
 */
export const retryRefereeRewards = async (sql: Sql, deps: RefereeRewardsDeps): Promise<number> => {
  let count = 0;
  for (let set = 0; set < MOST_SETS; set += 1) {
    const due = await findDueRewards(sql, deps.now(), SET);
    const [first] = due;
    if (!first) return count;
    const ofProject = due.filter(({ projectId }) => projectId === first.projectId);
    await withRetries(() => sql.begin((tx) => rewardReferees(tx, deps, first.projectId, ofProject, 'due')));
    count += ofProject.length;
  }
  return count;
};

/** Tries once more, since somebody asks for it, to give what was given up or waits; it is tried as often as at first. */
export const retryRefereeReward = (tx: Tx, deps: RefereeRewardsDeps, projectId: string, referee: Referee): Promise<void> =>
  rewardReferees(tx, deps, projectId, [referee], 'failed');

const rewardReferees = async (
  tx: Tx,
  deps: RefereeRewardsDeps,
  projectId: string,
  referees: readonly Referee[],
  asked: Asked,
): Promise<void> => {
  const now = deps.now();
  const project = (await findProject(tx, projectId))!;
  const customerIds = [...new Set(referees.map(({ refereeId }) => refereeId))];
  await updateCustomers(tx, projectId, customerIds, () => ({}), now);
  const ids = referees.map(({ id }) => id);
  const owed = await lockOwedRewards(tx, projectId, ids, asked, now);
  const clocks = await findClocks(tx, projectId, customerIds);
  const timeOf = (customerId: string): Date => new Date(now.getTime() + (clocks.get(customerId) ?? 0));
  const campaignIds = [...new Set(owed.map(({ reward }) => reward.related_object_parent.id))];
  const campaigns = new Map((await findCampaigns(tx, projectId, campaignIds)).map((campaign) => [campaign.id, campaign]));
  const held = await heldCards(tx, projectId, owed, timeOf);

  const decided: { owed: OwedReward; reward: DecidedReward }[] = [];
  for (const each of owed) {
    const { id: campaignId } = each.reward.related_object_parent;
    const key = memberKey(each.refereeId, campaignId);
    const at = timeOf(each.refereeId);
    const came = await give(tx, deps.randomBytes, {
      project,
      owed: each,
      campaign: campaigns.get(campaignId),
      held: held.get(key),
      now,
      at,
    });
    if ('card' in came) held.set(key, { ...came.card, campaignId, customerId: each.refereeId });
    decided.push({ owed: each, reward: decidedOn(each, came, asked, now, deps.random()) });
  }
  await writeRefereeRewards(
    tx,
    projectId,
    decided.map(({ reward }) => reward),
    now,
  );
  const told = decided.filter(({ reward }) => isTold(reward));
  await recordEvents(
    tx,
    told.map((each) => rewardEvent(projectId, each, timeOf(each.owed.refereeId))),
  );
};

/** What stands of a reward after an attempt. @param random from 0 to 1, exclusive */
const decidedOn = ({ id, reward, attempts }: OwedReward, came: Came, asked: Asked, now: Date, random: number): DecidedReward => {
  const { amount, type, related_object_parent: named } = reward;
  const of = { amount, type, campaign_id: named.id, campaign: named.name };
  const before = asked === 'failed' ? 0 : attempts;
  const tried = { id, attempts: before + 1 };
  if ('card' in came) return { ...tried, given: { ...of, result: 'SUCCESS', voucher_id: came.card.id, code: came.card.code }, dueAt: null };
  const delay = came.final ? null : retryDelay(REWARD_RETRY_SCHEDULE, before, random);
  return {
    ...tried,
    given: { ...of, result: 'FAILURE', reason: came.reason },
    dueAt: delay === null ? null : new Date(now.getTime() + delay).toISOString(),
  };
};

/** That it could not be given is told at first, so that somebody can mend it, and once it is given up. */
const isTold = ({ given, attempts, dueAt }: DecidedReward): boolean => given.result === 'SUCCESS' || attempts === 1 || dueAt === null;

const rewardEvent = (projectId: string, { owed, reward }: { owed: OwedReward; reward: DecidedReward }, occurredAt: Date) => ({
  projectId,
  type: reward.given.result === 'SUCCESS' ? 'referral.reward.succeeded' : 'referral.reward.failed',
  customerId: owed.refereeId,
  data: {
    referral_id: owed.id,
    code: owed.code,
    voucher_id: owed.voucherId,
    campaign_id: owed.campaignId,
    campaign: owed.campaign,
    referrer_id: owed.referrerId,
    referee_id: owed.refereeId,
    referee_source_id: owed.refereeSourceId,
    referee_reward: refereeRewardView(reward),
  },
  dedupeKey: null,
  occurredAt,
});
