import { newId } from '../../db/ids.ts';
import type { Decision } from '../../domain/checkout/checkout.ts';
import type { Question } from '../checkout/decision.ts';
import type { CheckoutRequest } from '../checkout/request.ts';
import type { KeptOrders } from './kept-orders.ts';
import { failureOf } from './failure.ts';
import type { RedemptionEffect, RedemptionTime } from './row.ts';
import { successOf } from './success.ts';
import type { SetRewards } from './set-rewards.ts';

/** What a decision comes to: one that applies and one that does not are both kept, told and answered. */
export const effectOf = (
  request: CheckoutRequest,
  decision: Decision,
  { customer, rewardOf }: Pick<Question, 'customer' | 'rewardOf'>,
  time: RedemptionTime,
  { orders, rewards }: { orders: KeptOrders; rewards: SetRewards },
): RedemptionEffect => {
  const id = newId('redemption');
  const trackingId = request.trackingId ?? `track_${id.slice('r_'.length)}`;
  const redeeming = { customer, trackingId, occurredAt: new Date(time.at).toISOString(), time, orders, points: rewards, rewardOf };
  return decision.valid ? successOf(request, decision, id, redeeming) : failureOf(request, decision, id, redeeming);
};
