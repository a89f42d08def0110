import type { Campaign } from '../../db/campaign/campaigns.ts';
import type { Tx } from '../../db/client.ts';
import { findCardOf } from '../../db/loyalty/cards.ts';
import type { Project } from '../../db/project/projects.ts';
import { lockUsableCards, type HeldCard, type OwedReward } from '../../db/referral/referee-rewards.ts';
import { DomainError } from '../../domain/errors.ts';
import { addToBalance } from '../voucher/gift-card.ts';
import { adjustPoints, lockLoyaltyCards } from '../loyalty/card.ts';
import { publish } from '../voucher/publication.ts';

/** A reward that is given now. */
interface Giving {
  project: Project;
  owed: OwedReward;
  campaign: Campaign | undefined;
  /** The card that the referee has and can use. */
  held: HeldCard | undefined;
  now: Date;
  /** The referee's time. */
  at: Date;
}

/** A cryptographically secure source. */
type RandomBytes = (n: number) => Uint8Array;

type Card = Pick<HeldCard, 'id' | 'code'>;
/** The card that a reward came to, or why it came to none; `final` where that stays so. */
export type Came = { card: Card } | { reason: string; final?: true };

export const memberKey = (customerId: string, campaignId: string): string => `${customerId} ${campaignId}`;

/** The cards that referees have and can use, the first that they got of each campaign. */
export const heldCards = async (
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

/** Why a campaign has nothing to give. @param at the referee's time */
const refusalOf = (campaign: Campaign | undefined, at: Date): Came | null => {
  if (!campaign) return { reason: 'The campaign of the reward does not exist any more', final: true };
  if (!campaign.active) return { reason: `The campaign ${campaign.name} is disabled` };
  if (campaign.expirationDate && campaign.expirationDate <= at) return { reason: `The campaign ${campaign.name} has ended` };
  return null;
};

/** Gives one reward, or nothing of it where it is refused. */
export const give = async (tx: Tx, randomBytes: RandomBytes, giving: Giving): Promise<Came> => {
  const { campaign, at, held } = giving;
  const refusal = refusalOf(campaign, at);
  if (refusal) return refusal;
  try {
    return await tx.savepoint(async (inner) => {
      const own = inner as unknown as Tx;
      const came = held ? { card: held } : await publishCard(own, randomBytes, { ...giving, campaign: campaign! });
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
  randomBytes: RandomBytes,
  { project, owed, campaign, now }: Giving & { campaign: Campaign },
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
