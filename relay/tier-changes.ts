import type { EventRow } from '../db/event/events.ts';
import { settleStandings, type ProgramMember } from '../db/loyalty/standings.ts';
import type { RouteEvents } from './route.ts';

/** What may move a member to another tier: a change of points, and a card that somebody got. */
const CHANGES = new Set(['voucher.loyalty_card.transaction.created', 'voucher.published']);

const memberOf = ({ projectId, customerId, type, data }: EventRow): ProgramMember[] => {
  if (customerId === null || !CHANGES.has(type)) return [];
  const voucher = data['voucher'] as { type?: string; campaign_id?: string | null } | undefined;
  return voucher?.type === 'LOYALTY_CARD' && voucher.campaign_id ? [{ projectId, customerId, campaignId: voucher.campaign_id }] : [];
};

/** Tells who came to another tier of a loyalty program by what happened to their points, in the transaction that routes it. */
export const createTierChanges =
  ({ now }: { now: () => Date }): RouteEvents =>
  async (tx, events) => {
    const members = events.flatMap(memberOf);
    if (members.length > 0) await settleStandings(tx, members, now());
  };
