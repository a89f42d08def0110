import type { CheckoutCustomer, UseChange } from '../../db/checkout/checkout.ts';
import type { SetEvent } from '../../db/event/events.ts';
import type { GiftTransaction } from '../../db/voucher/gift-transactions.ts';
import type { NewRedemption } from '../../db/checkout/redemptions.ts';
import type { Question } from '../checkout/decision.ts';
import type { CheckoutRequest } from '../checkout/request.ts';
import type { KeptOrders } from './kept-orders.ts';
import type { RewardEffect } from './reward-redemption.ts';
import type { SetRewards } from './set-rewards.ts';

/** What a decided redemption writes and answers. */
export interface RedemptionEffect {
  status: number;
  body: unknown;
  redemptions: NewRedemption[];
  events: SetEvent[];
  uses: UseChange[];
  /** What was spent of gift cards. */
  spent: GiftTransaction[];
  /** What was had for points. */
  rewards: RewardEffect[];
}

export interface RedemptionTime {
  /** Real time, ISO 8601: the ledger's. */
  date: string;
  /** The customer's time, in epoch milliseconds: what decided, and what journeys go by. */
  at: number;
}

/** What every row and event of a request says alike. */
export interface Redeeming {
  customer: CheckoutCustomer | undefined;
  trackingId: string;
  occurredAt: string;
  time: RedemptionTime;
  orders: KeptOrders;
  points: SetRewards;
  rewardOf: Question['rewardOf'];
}

/** What every row of a request keeps alike. */
export const rowOf = (request: CheckoutRequest, { customer, trackingId, time, occurredAt }: Redeeming) => ({
  at: occurredAt === time.date ? null : occurredAt,
  credits: null,
  customerId: customer?.id ?? null,
  trackingId,
  metadata: request.metadata,
  apiKeyId: request.apiKeyId,
});
