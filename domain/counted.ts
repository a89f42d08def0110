import type { Candidate } from './checkout-checks.ts';
import type { DiscountStep } from './checkout-cart.ts';
import { counterKey, withTaken, type CounterReader, type CounterRef, type Share } from './counters.ts';
import { countersOfLimits } from './limits.ts';
import type { RedeemableState } from './redeemable.ts';
import type { Redeemer, VoucherState } from './voucher-validity.ts';

/** What was counted before a checkout. */
export interface Counts {
  /** Values before this request, with what sessions of others hold. */
  counter: CounterReader;
  /** What sessions of others hold of the counter with this key. */
  held: (key: string) => number;
}

export const NOTHING_COUNTED: Counts = { counter: () => 0, held: () => 0 };

/** The counters that decide about a redeemable, and that its redemption changes. */
export const countersNeeded = (redeemable: RedeemableState, by: Redeemer): CounterRef[] => countersOfLimits(redeemable, by);

/** Counters as they are at a redeemable's turn, after what the request redeems before it. */
export const counterOf = ({ checkout: { counts }, applied }: Pick<Candidate, 'checkout' | 'applied'>): CounterReader =>
  withTaken(
    counts.counter,
    applied.flatMap((each) => each.taken),
  );

const ownCounter = (id: string, measure: CounterRef['measure']): CounterRef => ({
  scope: 'voucher',
  of: id,
  customerId: null,
  period: null,
  periodStart: null,
  measure,
});

/** What the voucher's own row counts: its uses, and the credits of a gift card. Sessions hold of these too. */
export const ownCounters = ({ id }: Pick<VoucherState, 'id'>): CounterRef[] => [ownCounter(id, 'count'), ownCounter(id, 'gift_credits')];

export const heldUses = ({ held }: Counts, { id }: VoucherState): number => held(counterKey(ownCounter(id, 'count')));

/** What a redeemable adds to its counters. */
export const shareOf = ({ cart }: Pick<Candidate, 'cart'>, step: DiscountStep | null): Share => ({
  count: 1,
  amount: step?.discount ?? 0,
  orders_amount: cart?.amount ?? 0,
  gift_credits: 0,
});
