/** Names one count: of what, for whom, in which period, and what is counted. */
export interface CounterRef {
  scope: 'voucher' | 'campaign' | 'promotion_tier';
  /** The id of what is counted. */
  of: string;
  /** null: of all customers together. */
  customerId: string | null;
  period: 'day' | 'week' | 'month' | null;
  /** When the period began (ISO 8601); null where there is no period. */
  periodStart: string | null;
  measure: 'count' | 'amount' | 'orders_amount' | 'gift_credits';
}
