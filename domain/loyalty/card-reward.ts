import type { Ratio } from '../money.ts';
import { refuse, type Refusal } from '../voucher/refusal.ts';
import type { RewardType } from './reward.ts';

/** What a request asks for the points of a loyalty card. */
export interface AskedReward {
  id?: string;
  /** Instead of the reward's id: that of its assignment to the card's program. */
  assignment_id?: string;
  /** With how many points to pay, of a COIN; as many as there is to pay where it is left out. */
  points?: number;
}

/** How many of a reward are left to give; goes down as requests that are decided together take them. */
export interface Supply {
  /** null: without limit. */
  left: number | null;
  /** Why there is none. */
  why: { key: 'quantity_exceeded' | 'no_voucher_suitable_for_publication'; details: string };
}

/** A reward as the holder of a card can have it. */
export interface CardReward {
  id: string;
  type: RewardType;
  /** What it costs on the holder's tier; null for a COIN. */
  points: number | null;
  /** Of a COIN: points go in steps of so many, each of which is worth so much, in minor units. */
  coin: { step: number; worth: Ratio } | null;
  /** All that bound it: there has to be one left of each. */
  supplies: readonly Supply[];
}

/** What so many whole steps of a COIN are worth, in minor units, rounded down. */
export const worthOfSteps = (steps: number, { numerator, denominator }: Ratio): number => {
  const product = steps * numerator;
  if (Number.isSafeInteger(product)) return (product - (product % denominator)) / denominator;
  const worth = (BigInt(steps) * BigInt(numerator)) / BigInt(denominator);
  return worth > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(worth);
};

/** The fewest steps that are worth so much, in minor units; more than any card has where they cannot be counted exactly. */
export const stepsFor = (amount: number, { numerator, denominator }: Ratio): number => {
  const product = amount * denominator;
  if (Number.isSafeInteger(product)) return (product - (product % numerator)) / numerator + (product % numerator > 0 ? 1 : 0);
  const [wanted, each] = [BigInt(amount) * BigInt(denominator), BigInt(numerator)];
  const steps = (wanted + each - 1n) / each;
  return steps > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(steps);
};

/** What of a card is spent: so many points, and what they take off the order in minor units. */
export interface Spent {
  points: number;
  amount: number;
}

/**
 * What a card spends on a reward that it can have. A COIN pays in whole steps, and with no more of them than there is to pay.
 * @param available points that nobody else holds
 * @param toPay minor units; null where nothing says what the order costs
 */
export const spendingOn = ({ points, coin }: CardReward, asked: AskedReward, available: number, toPay: number | null): Spent => {
  if (!coin) return { points: points ?? 0, amount: 0 };
  const most = Math.floor(Math.min(asked.points ?? available, available) / coin.step);
  const steps = Math.min(most, stepsFor(toPay ?? 0, coin.worth));
  return { points: steps * coin.step, amount: worthOfSteps(steps, coin.worth) };
};

interface SpendingFacts {
  code: string;
  /** Points on the card that no session of others holds, and those that are held. */
  available: number;
  held: number;
  asked: AskedReward;
  /** How many of a supply this request takes before it. */
  takenOf: (supply: Supply) => number;
  /** Whether it is known whose it is, so that a code can be given to them. */
  owned: boolean;
  /** Whether there is an order, and whether it is known what it costs. */
  ordered: boolean;
  priced: boolean;
}

const exceeded = ({ code, available, held }: SpendingFacts, needed: number): Refusal => {
  const beside = held > 0 ? `, beside ${held} that sessions hold` : '';
  const details = `Loyalty card ${code} has ${available} points${beside}, and ${needed} are needed`;
  return refuse('loyalty_card_points_exceeded', 'loyalty_card.balance', available, details);
};

const refusalOfCoin = ({ step }: NonNullable<CardReward['coin']>, facts: SpendingFacts): Refusal | null => {
  const { available, asked, ordered, priced } = facts;
  if (!ordered) return refuse('missing_order', 'order', null, 'Points pay for an order: give it');
  if (!priced) return refuse('missing_amount', 'order.amount', null, 'Points pay for an order: give order.amount, or prices of its items');
  if (asked.points !== undefined && asked.points < step)
    return refuse(
      'invalid_reward',
      'reward.points',
      asked.points,
      `Points are spent in steps of ${step}: ${asked.points} are fewer than one`,
    );
  const needed = Math.max(step, asked.points ?? 0);
  return needed > available ? exceeded(facts, needed) : null;
};

/** Whether a card can have a reward now. @returns null where it can */
export const refusalOfReward = (reward: CardReward, facts: SpendingFacts): Refusal | null => {
  const { points, coin, supplies } = reward;
  const gone = supplies.find((supply) => supply.left !== null && supply.left <= facts.takenOf(supply));
  if (reward.type === 'CAMPAIGN' && !facts.owned)
    return refuse('missing_customer', 'holder_id', null, `Loyalty card ${facts.code} belongs to nobody: tell who gets the code`);
  if (gone) return refuse(gone.why.key, 'reward.stock', gone.left, gone.why.details);
  if (coin) return refusalOfCoin(coin, facts);
  return points !== null && points > facts.available ? exceeded(facts, points) : null;
};

/** Why a card's request names no reward that it could have. */
export const refusalOfNoReward = (code: string, asked: AskedReward | undefined): Refusal => {
  const named = asked?.assignment_id ?? asked?.id;
  return named === undefined
    ? refuse('missing_reward', 'reward', null, 'A reward is required when redeeming a LOYALTY_CARD: give reward.id')
    : refuse('invalid_reward', 'reward.id', named, `The program of loyalty card ${code} has no reward ${named}`);
};
