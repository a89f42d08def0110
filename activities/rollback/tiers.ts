import { readTiersById } from '../../db/promotion/checkout-promotions.ts';
import type { Tx } from '../../db/client.ts';
import { lockRedemptions, type Redemption } from '../../db/checkout/redemptions.ts';
import { promotionsOf, type KnownTier } from '../checkout/promotions.ts';
import type { RuleCache } from '../checkout/rule-cache.ts';

/**
 * Locks the redemptions of promotion tiers, which no voucher's lock protects, so that whoever takes them back at the same time waits.
 * @returns their tiers, as far as they are still there
 */
export const lockTierRedemptions = async (
  tx: Tx,
  rules: RuleCache,
  projectId: string,
  redemptions: readonly Redemption[],
): Promise<ReadonlyMap<string, KnownTier>> => {
  const ofTiers = redemptions.filter((each) => each.promotionTierId !== null);
  if (ofTiers.length === 0) return new Map();
  await lockRedemptions(
    tx,
    projectId,
    ofTiers.map((each) => each.id),
  );
  const rows = await readTiersById(
    tx,
    projectId,
    ofTiers.map((each) => each.promotionTierId!),
  );
  return (await promotionsOf(tx, rules, projectId, rows, [])).tiers;
};
