import { findCampaigns, type Campaign } from '../db/campaigns.ts';
import type { Tx } from '../db/client.ts';
import { findClocks, updateCustomers } from '../db/customers.ts';
import { recordEvents, type EventRow } from '../db/events.ts';
import { findCardOf } from '../db/loyalty-cards.ts';
import { findProject, type Project } from '../db/projects.ts';
import {
  findReferees,
  lockOwedRewards,
  lockUsableCards,
  writeRefereeRewards,
  type GivenRefereeReward,
  type HeldCard,
  type OwedReward,
} from '../db/referee-rewards.ts';
import { DomainError } from '../domain/errors.ts';
import { addToBalance } from './gift-card.ts';
import { adjustPoints, lockLoyaltyCards } from './loyalty-card.ts';
import { publish } from './publication.ts';

export interface RefereeRewardsDeps {
  /** Real time. */
  now: () => Date;
  /** A cryptographically secure source. */
  randomBytes: (n: number) => Uint8Array;
}

/** A reward that is given now. */
interface Giving {
  project: Project;
  owed: OwedReward;
  campaign: Campaign;
  /** The card that the referee has and can use. */
  held: HeldCard | undefined;
  now: Date;
}

type Card = Pick<HeldCard, 'id' | 'code'>;
type Came = { card: Card } | { reason: string };

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
    for (const projectId of [...referees.keys()].toSorted()) await rewardReferees(tx, deps, projectId, referees.get(projectId)!);
  };

const memberKey = (customerId: string, campaignId: string): string => `${customerId} ${campaignId}`;

const rewardReferees = async (
  tx: Tx,
  deps: RefereeRewardsDeps,
  projectId: string,
  referees: readonly { id: string; refereeId: string }[],
): Promise<void> => {
  const now = deps.now();
  const project = (await findProject(tx, projectId))!;
  const customerIds = [...new Set(referees.map(({ refereeId }) => refereeId))];
  await updateCustomers(tx, projectId, customerIds, () => ({}), now);
  const owed = await lockOwedRewards(
    tx,
    projectId,
    referees.map(({ id }) => id),
  );
  const clocks = await findClocks(tx, projectId, customerIds);
  const timeOf = (customerId: string): Date => new Date(now.getTime() + (clocks.get(customerId) ?? 0));
  const campaignIds = [...new Set(owed.map(({ reward }) => reward.related_object_parent.id))];
  const campaigns = new Map((await findCampaigns(tx, projectId, campaignIds)).map((campaign) => [campaign.id, campaign]));
  const held = await heldCards(tx, projectId, owed, timeOf);

  const given: { owed: OwedReward; given: GivenRefereeReward }[] = [];
  for (const each of owed) {
    const { amount, type, related_object_parent: named } = each.reward;
    const key = memberKey(each.refereeId, named.id);
    const campaign = campaigns.get(named.id);
    const refusal = refusalOf(campaign, timeOf(each.refereeId));
    const came = refusal === null ? await give(tx, deps, { project, owed: each, campaign: campaign!, held: held.get(key), now }) : refusal;
    if ('card' in came) held.set(key, { ...came.card, campaignId: named.id, customerId: each.refereeId });
    const of = { amount, type, campaign_id: named.id, campaign: named.name };
    const outcome: GivenRefereeReward =
      'card' in came
        ? { ...of, result: 'SUCCESS', voucher_id: came.card.id, code: came.card.code }
        : { ...of, result: 'FAILURE', reason: came.reason };
    given.push({ owed: each, given: outcome });
  }
  await writeRefereeRewards(
    tx,
    projectId,
    given.map((each) => ({ id: each.owed.id, given: each.given })),
  );
  await recordEvents(
    tx,
    given.map((each) => rewardEvent(projectId, each, timeOf(each.owed.refereeId))),
  );
};

/** The cards that referees have and can use, the first that they got of each campaign. */
const heldCards = async (
  tx: Tx,
  projectId: string,
  owed: readonly OwedReward[],
  timeOf: (customerId: string) => Date,
): Promise<Map<string, HeldCard>> => {
  const members = owed.map(({ refereeId, reward }) => ({
    customerId: refereeId,
    campaignId: reward.related_object_parent.id,
    at: timeOf(refereeId),
  }));
  const cards = (await lockUsableCards(tx, projectId, members)).toSorted((one, other) => (one.id < other.id ? 1 : -1));
  return new Map(cards.map((card) => [memberKey(card.customerId, card.campaignId), card]));
};

const refusalOf = (campaign: Campaign | undefined, at: Date): { reason: string } | null => {
  if (!campaign) return { reason: 'The campaign of the reward does not exist any more' };
  if (!campaign.active) return { reason: `The campaign ${campaign.name} is disabled` };
  if (campaign.expirationDate && campaign.expirationDate <= at) return { reason: `The campaign ${campaign.name} has ended` };
  return null;
};

/** Gives one reward, or nothing of it where it is refused. */
const give = async (tx: Tx, { randomBytes }: RefereeRewardsDeps, giving: Giving): Promise<Came> => {
  try {
    return await tx.savepoint(async (inner) => {
      const own = inner as unknown as Tx;
      const came = giving.held ? { card: giving.held } : await publishCard(own, randomBytes, giving);
      if ('card' in came) await addTo(own, giving, came.card);
      return came;
    });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { reason: [error.details, ...error.fields.map(({ path, message }) => `${path} ${message}`)].join(': ') };
  }
};

const publishCard = async (
  tx: Tx,
  randomBytes: RefereeRewardsDeps['randomBytes'],
  { project, owed, campaign, now }: Giving,
): Promise<Came> => {
  const member = { campaignId: campaign.id, customerId: owed.refereeId };
  if (campaign.template.type === 'LOYALTY_CARD' && (await findCardOf(tx, project.id, member)) !== null)
    return { reason: `The card of the program ${campaign.name} that the customer has is disabled or has ended` };
  const request = {
    project,
    apiKeyId: null,
    customer: { id: owed.refereeId },
    what: { campaign: campaign.id, count: 1 },
    sourceId: owed.id,
    joinOnce: false,
    channel: 'referral',
    metadata: {},
  };
  const published = await publish(tx, request, { now, randomBytes });
  if ('refusal' in published) return { reason: published.refusal.message };
  const [card] = published.vouchers;
  return card ? { card } : { reason: `The card of the campaign ${campaign.name} that the customer had does not exist any more` };
};

const addTo = async (tx: Tx, { project, owed, now }: Giving, { id, code }: Card): Promise<void> => {
  const { amount, type } = owed.reward;
  const told = { sourceId: owed.id, reason: `Came by the referral code ${owed.code}` };
  if (type === 'GIFT_VOUCHER') {
    await addToBalance(tx, project, { code, amount, ...told }, now);
    return;
  }
  const [card] = await lockLoyaltyCards(tx, project, { ids: [id] }, now);
  await adjustPoints(tx, project, card!, { points: amount, expires: 'PROGRAM_RULES', ...told }, now);
};

const rewardEvent = (projectId: string, { owed, given }: { owed: OwedReward; given: GivenRefereeReward }, occurredAt: Date) => ({
  projectId,
  type: given.result === 'SUCCESS' ? 'referral.reward.succeeded' : 'referral.reward.failed',
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
    referee_reward: given,
  },
  dedupeKey: null,
  occurredAt,
});
