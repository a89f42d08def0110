import type { Discount } from '../discount/discount.ts';
import { refuse, type Refusal } from './refusal.ts';

export const GIFT_EFFECTS = ['APPLY_TO_ORDER', 'APPLY_TO_ITEMS'] as const;
type GiftEffect = (typeof GIFT_EFFECTS)[number];

/** What a gift card is made with: its worth in minor units. */
export interface GiftTemplate {
  amount: number;
  effect: GiftEffect;
}

/** A gift card as it stands. */
export interface Gift extends GiftTemplate {
  balance: number;
}

/** So many credits as a discount; off the items, in proportion to what they cost, where the card is for items. */
export const giftDiscount = ({ effect }: Pick<Gift, 'effect'>, credits: number): Discount => ({
  type: 'AMOUNT',
  amount_off: credits,
  effect: effect === 'APPLY_TO_ITEMS' ? 'APPLY_TO_ITEMS_PROPORTIONALLY' : 'APPLY_TO_ORDER',
});

/**
 * Whether a card has what is asked of it.
 * @param credits what is asked; undefined: as much as there is to pay
 * @param held what sessions of others hold of it
 * @returns null where it has
 */
export const refusalOfGift = (
  code: string,
  { balance }: Pick<Gift, 'balance'>,
  credits: number | undefined,
  { held, priced }: { held: number; priced: boolean },
): Refusal | null => {
  const left = balance - held;
  if (left <= 0 || (credits ?? 0) > left) {
    const details = `Gift card ${code} has ${Math.max(left, 0)} left${held > 0 ? `, beside ${held} that sessions hold` : ''}`;
    return refuse('gift_amount_exceeded', 'gift.balance', left, credits === undefined ? details : `${details}, and ${credits} is asked`);
  }
  if (!priced && credits === undefined) return refuse('missing_amount', 'gift.credits', null, 'Give order.amount or gift.credits');
  return null;
};
