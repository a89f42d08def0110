import { askAutoRedemptions, type AskedCard } from '../db/loyalty/auto-redemptions.ts';
import type { EventRow } from '../db/event/events.ts';
import type { RouteEvents } from './route.ts';

/** What may make a card's points enough: points that come, and a card that somebody got. */
const CHANGES = new Set(['voucher.loyalty_card.transaction.created', 'voucher.published']);

const cardOf = ({ projectId, id: causeId, type, customerId, data }: EventRow): AskedCard[] => {
  if (customerId === null || !CHANGES.has(type)) return [];
  const voucher = data['voucher'] as { id?: string; type?: string; campaign_id?: string | null } | undefined;
  const change = (data['balance'] as { points?: number } | undefined)?.points ?? 0;
  if (voucher?.type !== 'LOYALTY_CARD' || !voucher.campaign_id || !voucher.id) return [];
  return type === 'voucher.published' || change > 0 ? [{ projectId, voucherId: voucher.id, causeId }] : [];
};

/** Asks to look at cards that may have enough points for what their programs give by themselves, in the transaction that routes it. */
export const createAutoRedemptions = (): RouteEvents => (tx, events) => askAutoRedemptions(tx, events.flatMap(cardOf));
