import type { Candidate } from './checks.ts';
import type { DiscountStep } from './cart.ts';
import { counterKey, withTaken, type CounterReader, type CounterRef, type Share } from './counters.ts';
import { countersOfLimits } from './limits.ts';
import { refusalOfNoReward, refusalOfReward, spendingOn, type Spent, type Supply } from '../loyalty/card-reward.ts';
import type { RedeemableState } from './redeemable.ts';
import { countersOfRules } from '../validation-rules/counting.ts';
import type { Refusal } from '../voucher/refusal.ts';
import type { Redeemer, VoucherState } from '../voucher/validity.ts';

/** What was counted before a checkout. */
export interface Counts {
  /** Values before this request, with what sessions of others hold. */
  counter: CounterReader;
  /** What sessions of others hold of the counter with this key. */
  held: (key: string) => number;
}

export const NOTHING_COUNTED: Counts = { counter: () => 0, held: () => 0 };

/** The counters that decide about a redeemable, and that its redemption changes. */
export const countersNeeded = (redeemable: RedeemableState, by: Redeemer): CounterRef[] => {
  const { rules, object, id, campaign } = redeemable;
  const refs = countersOfLimits(redeemable, by);
  if (rules.length === 0) return refs;
  return [...refs, ...countersOfRules(rules, { redeemable: { object, id, campaignId: campaign?.id ?? null }, ...by })];
};

/** Counters as they are at a redeemable's turn, after what the request redeems before it. */
export const counterOf = ({ checkout: { counts }, applied }: Pick<Candidate, 'checkout' | 'applied'>): CounterReader =>
  withTaken(
    counts.counter,
    applied.flatMap((each) => each.taken),
  );

/** True where limits alone decide by counters: then nothing but whether there is room has to be known of these. */
export const countsForLimitsOnly = ({ rules, object, id, campaign }: RedeemableState, by: Redeemer): boolean =>
  rules.length === 0 || countersOfRules(rules, { redeemable: { object, id, campaignId: campaign?.id ?? null }, ...by }).length === 0;

const ownCounter = (id: string, measure: CounterRef['measure']): CounterRef => ({
  scope: 'voucher',
  of: id,
  customerId: null,
  period: null,
  periodStart: null,
  measure,
});

/** What the voucher's own row counts: its uses, and the credits of a gift card or the points of a loyalty card. Sessions hold of these too. */
export const ownCounters = ({ id, card }: Pick<VoucherState, 'id' | 'card'>): CounterRef[] => [
  ownCounter(id, 'count'),
  ownCounter(id, card ? 'loyalty_points' : 'gift_credits'),
];

export const heldUses = ({ held }: Counts, { id }: VoucherState): number => held(counterKey(ownCounter(id, 'count')));

export const heldCredits = ({ held }: Counts, { id }: VoucherState): number => held(counterKey(ownCounter(id, 'gift_credits')));

/** Points on a card that no session of others holds. */
const availablePoints = (counts: Counts, voucher: VoucherState): number =>
  (voucher.card?.balance ?? 0) - counts.held(counterKey(ownCounter(voucher.id, 'loyalty_points')));

type PayingCandidate = Pick<Candidate, 'redeemable' | 'asked' | 'cart' | 'checkout' | 'by' | 'applied'>;

/** How many of a reward's supply a request takes with what it applied before. */
const takenOf =
  ({ applied, checkout }: Pick<Candidate, 'applied' | 'checkout'>) =>
  (supply: Supply): number =>
    applied.filter(
      ({ redeemable, asked }) => redeemable.object === 'voucher' && checkout.rewardOf?.(redeemable, asked)?.supplies.includes(supply),
    ).length;

/** Why a loyalty card cannot have the reward that is asked. @returns null where it can, and for what is no loyalty card */
export const refusalOfPoints = (candidate: PayingCandidate): Refusal | null => {
  const { redeemable, asked, cart, checkout, by } = candidate;
  if (redeemable.object !== 'voucher' || !redeemable.card || !checkout.rewardOf) return null;
  const { code, card } = redeemable;
  const reward = checkout.rewardOf(redeemable, asked);
  if (!reward) return refusalOfNoReward(code, asked.reward);
  const available = availablePoints(checkout.counts, redeemable);
  const held = card.balance - available;
  return refusalOfReward(reward, {
    code,
    available,
    held,
    asked: asked.reward ?? {},
    takenOf: takenOf(candidate),
    owned: redeemable.holderId !== null || by.customerId !== null,
    ordered: checkout.order !== null,
    priced: cart !== null,
  });
};

/** What a loyalty card spends at its turn; null for what is none, or asks for nothing. */
export const spendingOf = ({ redeemable, asked, cart, checkout }: PayingCandidate): Spent | null => {
  const reward = redeemable.object === 'voucher' && redeemable.card ? checkout.rewardOf?.(redeemable, asked) : undefined;
  if (!reward || redeemable.object !== 'voucher') return null;
  return spendingOn(reward, asked.reward ?? {}, availablePoints(checkout.counts, redeemable), cart && cart.left);
};

/** What a redeemable adds to its counters. A gift card spends its credits, and gives no discount. */
export const shareOf = (candidate: PayingCandidate, step: DiscountStep | null): Share => {
  const { redeemable, asked, cart } = candidate;
  const isGift = redeemable.object === 'voucher' && redeemable.gift !== null;
  const taken = step?.discount ?? 0;
  return {
    count: 1,
    amount: isGift ? 0 : taken,
    orders_amount: cart?.initialAmount ?? 0,
    gift_credits: isGift ? (step ? taken : (asked.credits ?? 0)) : 0,
    loyalty_points: spendingOf(candidate)?.points ?? 0,
  };
};
