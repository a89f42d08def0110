import { z } from 'zod';
import type { WebhookEventType } from './event-type.ts';

const CARD = {
  id: 'v_0192f3a8',
  code: 'GOLD-7K2M',
  campaign: 'Gold club',
  campaign_id: 'camp_0192f3a8',
  type: 'LOYALTY_CARD',
  holder_id: 'cust_0192f3a8',
  loyalty_card: { points: 120, balance: 100, expired_points: 20, subtracted_points: 0 },
};

const points = (type: string, description: string, transaction: string, came: number): WebhookEventType => ({
  type: `voucher.loyalty_card.${type}`,
  description,
  data: z.looseObject({
    voucher: z.looseObject({ id: z.string(), code: z.string(), loyalty_card: z.looseObject({ points: z.int(), balance: z.int() }) }),
    balance: z.looseObject({ points: z.int(), total: z.int(), balance: z.int() }),
    transaction: z.looseObject({ id: z.string(), type: z.string() }),
  }),
  example: {
    voucher: CARD,
    balance: { points: came, total: 120, balance: 100, type: 'loyalty_card', object: 'balance' },
    transaction: { id: 'vtx_0192f3a8', type: transaction, voucher_id: CARD.id, campaign_id: CARD.campaign_id },
  },
});

const WAITING = { id: 'lopp_0192f3a8', voucher_id: CARD.id, campaign_id: CARD.campaign_id, points: 40, activates_at: '2026-02-01' };

const pending = (name: string, description: string, change: number, total: number): WebhookEventType => ({
  type: `voucher.loyalty_card.pending_points.${name}`,
  description,
  data: z.looseObject({
    voucher: z.looseObject({ id: z.string(), code: z.string() }),
    voucher_pending_points_balance: z.looseObject({ points: z.int(), total: z.int() }),
    pending_points: z.looseObject({ id: z.string(), points: z.int(), activates_at: z.string() }),
  }),
  example: {
    voucher: CARD,
    voucher_pending_points_balance: { points: change, total, balance: total, type: 'loyalty_card', object: 'balance' },
    order: { id: 'ord_0192f3a8', source_id: 'A-1001' },
    pending_points: WAITING,
  },
});

const activated = (): WebhookEventType => {
  const added = points('pending_points.activated', 'Points that waited are on a loyalty card', 'PENDING_POINTS_ACTIVATION', 40);
  return { ...added, example: { ...added.example, order: { id: 'ord_0192f3a8', source_id: 'A-1001' }, pending_points: WAITING } };
};

/** What happens to the points of loyalty cards. */
export const loyaltyEventTypes: WebhookEventType[] = [
  points('transaction.created', 'Points of a loyalty card came or went, for whatever reason', 'POINTS_ACCRUAL', 100),
  points('points_added', 'Points came to a loyalty card: earned, added by hand, or from another card', 'POINTS_ACCRUAL', 100),
  points('points_expired', 'Points of a loyalty card came to their end unused', 'POINTS_EXPIRATION', -20),
  pending('added', 'Points were earned that cannot be spent yet', 40, 40),
  pending('updated', 'Of points that wait, some more or fewer do: by hand, or since a part of an order came back', -10, 30),
  pending('canceled', 'Points that waited will not come: by hand, or since their order was canceled', -40, 0),
  activated(),
];
