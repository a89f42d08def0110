import type { PointsExpiration } from './points-expiration.ts';

/** What a loyalty card is made with. */
export interface LoyaltyCardTemplate {
  points: number;
  expiration_rules?: PointsExpiration;
}

/** The points of a loyalty card: `balance` is what is left of all `points` that were ever added, `expired`, `subtracted` and redeemed ones taken off. */
export interface LoyaltyCard {
  points: number;
  balance: number;
  expired: number;
  subtracted: number;
}

/** How many were spent. */
export const redeemedPoints = ({ points, balance, expired, subtracted }: LoyaltyCard): number => points - balance - expired - subtracted;

/** The names of the Voucherify API. */
export const POINTS_TRANSACTION_TYPES = [
  'POINTS_ACCRUAL',
  'PENDING_POINTS_ACTIVATION',
  'POINTS_CANCELLATION',
  'POINTS_REDEMPTION',
  'POINTS_REFUND',
  'POINTS_ADDITION',
  'POINTS_REMOVAL',
  'POINTS_EXPIRATION',
  'POINTS_TRANSFER_IN',
  'POINTS_TRANSFER_OUT',
] as const;
export type PointsTransactionType = (typeof POINTS_TRANSACTION_TYPES)[number];

/** Whether a card has more or less after it, and what else it counts to. */
const EFFECTS: Record<PointsTransactionType, { adds: boolean; also: 'points' | 'expired' | 'subtracted' | null }> = {
  POINTS_ACCRUAL: { adds: true, also: 'points' },
  PENDING_POINTS_ACTIVATION: { adds: true, also: 'points' },
  POINTS_ADDITION: { adds: true, also: 'points' },
  POINTS_TRANSFER_IN: { adds: true, also: 'points' },
  POINTS_REFUND: { adds: true, also: null },
  POINTS_REDEMPTION: { adds: false, also: null },
  POINTS_CANCELLATION: { adds: false, also: 'subtracted' },
  POINTS_REMOVAL: { adds: false, also: 'subtracted' },
  POINTS_TRANSFER_OUT: { adds: false, also: 'subtracted' },
  POINTS_EXPIRATION: { adds: false, also: 'expired' },
};

/** Whether points come onto a card by it. */
export const addsPoints = (type: PointsTransactionType): boolean => EFFECTS[type].adds;

/**
 * The card after so many points came or went.
 * @param points above 0
 * @returns null where it has fewer than go, or would have more than can be counted exactly
 */
export const changedCard = (card: LoyaltyCard, type: PointsTransactionType, points: number): LoyaltyCard | null => {
  const { adds, also } = EFFECTS[type];
  const next = { ...card, balance: card.balance + (adds ? points : -points) };
  if (also !== null) next[also] += points;
  return next.balance < 0 || !Number.isSafeInteger(next.points) ? null : next;
};
