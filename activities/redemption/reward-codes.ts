import type { CardRewardRow } from '../../db/loyalty/card-rewards.ts';
import { findCampaigns, type Campaign } from '../../db/campaign/campaigns.ts';
import type { Tx } from '../../db/client.ts';
import { createCampaignVouchers } from '../../db/voucher/creation.ts';
import { takeFromPool } from '../../db/voucher/pool.ts';
import type { Voucher } from '../../db/voucher/vouchers.ts';
import { parseCodeConfig } from '../../domain/voucher/code-pattern.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Supply } from '../../domain/loyalty/card-reward.ts';
import type { CheckoutRequest } from '../checkout/request.ts';

export interface RewardCodesDeps {
  /** Real time. */
  now: Date;
  /** A cryptographically secure source. */
  randomBytes: (n: number) => Uint8Array;
}

/** Codes that rewards of a set give, taken before anything is decided, so that a decision never promises one that is not there. */
export interface RewardCodes {
  /** What there is to give of a reward; null where it is no code. */
  codesOf: (row: CardRewardRow) => Supply | null;
  /** One that nobody has; to be asked for once a decision took it. */
  take: (row: CardRewardRow) => Voucher;
}

interface Pool extends Supply {
  campaign: Campaign | null;
  codes: Voucher[];
}

/** A card that the holder has already is added to. */
const isCode = ({ parameters, hasCard }: CardRewardRow): boolean => parameters.campaign !== undefined && !hasCard;

const NO_CODES: RewardCodes = {
  codesOf: () => null,
  take: () => {
    throw new Error('This reward gives no code');
  },
};

/**
 * Locks as many codes of campaigns as rewards may give, from their pools, or made where a campaign goes on (AUTO_UPDATE). Those that are not
 * given stay in the pool.
 */
export const drawRewardCodes = async (
  tx: Tx,
  project: CheckoutRequest['project'],
  rows: readonly CardRewardRow[],
  deps: RewardCodesDeps,
): Promise<RewardCodes> => {
  const wanted = Map.groupBy(rows.filter(isCode), ({ parameters }) => parameters.campaign!.id);
  if (wanted.size === 0) return NO_CODES;
  const ids = [...wanted.keys()].toSorted();
  const campaigns = new Map((await findCampaigns(tx, project.id, ids)).map((campaign) => [campaign.id, campaign]));
  const pools = new Map<string, Pool>();
  for (const id of ids) pools.set(id, await poolOf(tx, project, id, campaigns.get(id) ?? null, wanted.get(id)!.length, deps));
  return {
    codesOf: (row) => (isCode(row) ? pools.get(row.parameters.campaign!.id)! : null),
    take: ({ parameters }) => pools.get(parameters.campaign!.id)!.codes.shift()!,
  };
};

const poolOf = async (
  tx: Tx,
  project: CheckoutRequest['project'],
  id: string,
  campaign: Campaign | null,
  count: number,
  { now, randomBytes }: RewardCodesDeps,
): Promise<Pool> => {
  const pool = (codes: Voucher[], why: string): Pool => ({
    campaign,
    codes,
    left: codes.length,
    why: { key: 'no_voucher_suitable_for_publication', details: `The campaign ${campaign?.name ?? id} ${why}` },
  });
  if (!campaign) return pool([], 'does not exist any more');
  if (!campaign.active) return pool([], 'is disabled');
  if (campaign.expirationDate && campaign.expirationDate <= now) return pool([], 'has ended');
  const free = await takeFromPool(tx, campaign, count, now, false);
  const pattern = parseCodeConfig(campaign.template.code_config ?? {}, { caseSensitive: project.caseSensitiveCodes });
  const none = 'has no free code left';
  if (free.length === count || campaign.type !== 'AUTO_UPDATE' || pattern.random === 0) return pool(free, none);
  try {
    const made = await createCampaignVouchers(tx, campaign, count - free.length, {}, pattern, { project, now, randomBytes });
    return pool([...free, ...made], none);
  } catch (error) {
    if (!(error instanceof DomainError) || error.key !== 'invalid_code_config') throw error;
    return pool(free, `has no free code and can make no more: ${error.details}`);
  }
};
