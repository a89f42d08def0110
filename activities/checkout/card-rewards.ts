import type { AskedCardReward, CardRewardRow } from '../../db/loyalty/card-rewards.ts';
import type { CardReward, Supply } from '../../domain/loyalty/card-reward.ts';
import { mappedPoints } from '../../domain/loyalty/mapping.ts';
import { exponentOf, ratioOf, type Ratio } from '../../domain/money.ts';
import type { AskedRedeemable } from '../../domain/checkout/redeemable.ts';
import { lookUpKeyOf, type CheckoutRequest } from './request.ts';

/** A reward of a card's program, with what the database says beside what decides. */
export interface KnownReward extends CardReward {
  row: CardRewardRow;
  /** The tier whose price it is; null: none. */
  tierId: string | null;
}

/** Finds the reward that is asked for a card. @param at the holder's time, in epoch milliseconds */
export type CardRewards = (codeKey: string, asked: AskedRedeemable, at: number) => KnownReward | undefined;

const askedRewardOf = ({ reward }: AskedRedeemable, codeKey: string): AskedCardReward => ({
  codeKey,
  rewardId: reward?.id ?? null,
  assignmentId: reward?.assignment_id ?? null,
});

/** The rewards that these requests ask for cards; null where they ask for none, as most do. */
export const askedRewardsOf = (requests: readonly CheckoutRequest[]): AskedCardReward[] | null => {
  const asked = requests.flatMap((request) =>
    request.redeemables.flatMap((each) =>
      each.object === 'voucher' && each.reward ? [askedRewardOf(each, lookUpKeyOf(each, request))] : [],
    ),
  );
  return asked.length > 0 ? asked : null;
};

const nameOf = ({ codeKey, rewardId, assignmentId }: AskedCardReward): string => `${codeKey} ${rewardId ?? ''} ${assignmentId ?? ''}`;

export const NO_REWARDS: CardRewards = () => undefined;

/**
 * What rows of rewards say, for a set of requests: they share what is left of each reward.
 * @param codesOf what there is to give of a reward that is a code; null: any number
 */
export const cardRewardsOf = (
  asked: readonly AskedCardReward[],
  rows: readonly CardRewardRow[],
  codesOf: (row: CardRewardRow) => Supply | null = () => null,
): CardRewards => {
  const stocks = new Map<string, Supply>();
  const found = new Map(rows.map((row) => [nameOf(asked[row.asked]!), row]));
  const stockOf = (row: CardRewardRow): Supply => {
    const known = stocks.get(row.id) ?? newStock(row);
    stocks.set(row.id, known);
    return known;
  };
  return (codeKey, of, at) => {
    const row = of.reward && found.get(nameOf(askedRewardOf(of, codeKey)));
    if (!row) return undefined;
    const codes = codesOf(row);
    return rewardOf(row, codes ? [stockOf(row), codes] : [stockOf(row)], at);
  };
};

const newStock = ({ stock, redeemed, name, id }: CardRewardRow): Supply => ({
  left: stock === null ? null : stock - redeemed,
  why: { key: 'quantity_exceeded', details: `All ${stock ?? 0} of the reward ${name} (${id}) are given` },
});

const rewardOf = (row: CardRewardRow, supplies: readonly Supply[], at: number): KnownReward => {
  const onTier = row.tierId !== null && (row.tierFrom?.getTime() ?? 0) <= at && (row.tierUntil === null || at < row.tierUntil.getTime());
  const mapping = (onTier && row.mapping) || undefined;
  const { coin } = row.parameters;
  return {
    id: row.id,
    type: row.type,
    points: row.points === null ? null : mappedPoints(row.points, mapping),
    coin: coin
      ? { step: Math.max(1, mappedPoints(coin.points_ratio, mapping)), worth: inMinorUnits(ratioOf(coin.exchange_ratio), row.currency) }
      : null,
    supplies,
    row,
    tierId: onTier ? row.tierId : null,
  };
};

const inMinorUnits = ({ numerator, denominator }: Ratio, currency: string): Ratio => ({
  numerator: numerator * 10 ** exponentOf(currency),
  denominator,
});
