import type { CheckoutCustomer } from '../../db/checkout/checkout.ts';
import { decide, type Checkout, type Decision } from '../../domain/checkout/checkout.ts';
import type { Counts } from '../../domain/checkout/counted.ts';
import type { KnownUnits } from '../../domain/discount/free-units.ts';
import type { RedeemableState } from '../../domain/checkout/redeemable.ts';
import type { RequestFacts } from '../../domain/validation-rules/facts.ts';
import type { Redeemer } from '../../domain/voucher/validity.ts';
import type { AskedRedeemable } from '../../domain/checkout/redeemable.ts';
import type { CheckoutRequest } from './request.ts';
import { expand, type Promotions } from './promotions.ts';
import { NO_REWARDS, type CardRewards } from './card-rewards.ts';
import type { KnownVoucher } from './voucher-states.ts';

/** How far the clock of a voucher's holder is from real time. */
const offsetOf = (redeemable: RedeemableState | undefined): number =>
  redeemable?.object === 'voucher' ? (redeemable as KnownVoucher).holderOffsetMs : 0;

const isHeld = (redeemable: RedeemableState | undefined): boolean => redeemable?.object === 'voucher' && redeemable.holderId !== null;

/** Real time turned into the customer's: the named customer's clock, else that of the first voucher's holder. */
const timeOf = (redeemables: readonly (RedeemableState | undefined)[], customer: CheckoutCustomer | undefined, now: number): number =>
  now + (customer ? customer.clockOffsetMs : offsetOf(redeemables.find(isHeld)));

/** A request with what was read for it. */
export interface Question extends Pick<Checkout, 'redeemables' | 'redeemerOf'> {
  request: CheckoutRequest;
  /** What the request asks, stacks as their tiers. */
  asked: readonly AskedRedeemable[];
  customer: CheckoutCustomer | undefined;
  /** The customer's time, in epoch milliseconds. */
  at: number;
  /** Rewards for the points of the loyalty cards that it names. */
  rewardOf?: NonNullable<Checkout['rewardOf']>;
}

export const questionOf = (
  request: CheckoutRequest,
  found: { vouchers: ReadonlyMap<string, KnownVoucher>; promotions: Promotions; rewards?: CardRewards },
  customer: CheckoutCustomer | undefined,
  now: number,
): Question => {
  const { project } = request;
  const { asked, redeemables } = expand(request, found.vouchers, found.promotions);
  const zone = project.timezone;
  const redeemerOf = (redeemable: RedeemableState): Redeemer =>
    request.customer
      ? { customerId: customer?.id ?? null, named: true, at: now + (customer?.clockOffsetMs ?? 0), zone }
      : { customerId: null, named: false, at: now + offsetOf(redeemable), zone };
  const { rewards = NO_REWARDS } = found;
  const rewardOf: Question['rewardOf'] = (card, each) => rewards((card as KnownVoucher).codeKey, each, redeemerOf(card).at);
  return { request, asked, customer, redeemables, redeemerOf, rewardOf, at: timeOf(redeemables, customer, now) };
};

/** Decides a request on what was read for it. */
export const decideQuestion = (
  { request, asked, redeemables, redeemerOf, rewardOf }: Question,
  counts: Counts,
  facts: RequestFacts,
  units: KnownUnits,
): Decision => {
  const { order, stackingRules: rules, project } = request;
  return decide({ asked, redeemables, order, redeemerOf, rules, counts, facts, currency: project.currency, units, rewardOf });
};
