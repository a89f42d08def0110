/** A change of a gift card's credits or a loyalty card's points. */
export interface CardTransaction {
  id: string;
  voucherId: string;
  campaignId: string | null;
  /** After it: what is left, and all that the card was worth. */
  balance: number;
  total: number;
  /** What the caller calls it. */
  sourceId: string | null;
  reason: string | null;
  redemptionId: string | null;
  rollbackId: string | null;
  /** The transaction that this one takes back. */
  relatedId: string | null;
  createdAt: Date;
}
