import type { Db } from '../client.ts';

/** What a customer redeemed and ordered, in the shape of the Voucherify API; amounts are minor units. */
export interface CustomerSummary {
  redemptions: {
    total_redeemed: number;
    total_failed: number;
    total_succeeded: number;
    total_rolled_back: number;
    total_rollback_failed: number;
    total_rollback_succeeded: number;
    gift: { redeemed_amount: number; amount_to_go: number };
    loyalty_card: { redeemed_points: number; points_to_go: number };
  };
  orders: { total_amount: number; total_count: number; average_amount: number; last_order_amount: number };
}

interface Row {
  customerId: string;
  succeeded: number;
  failed: number;
  rollbacks: number;
  failedRollbacks: number;
  giftSpent: number;
  giftLeft: number;
  pointsSpent: number;
  pointsLeft: number;
  ordered: number;
  orders: number;
  lastOrder: number;
}

const NOTHING: Omit<Row, 'customerId'> = {
  succeeded: 0,
  failed: 0,
  rollbacks: 0,
  failedRollbacks: 0,
  giftSpent: 0,
  giftLeft: 0,
  pointsSpent: 0,
  pointsLeft: 0,
  ordered: 0,
  orders: 0,
  lastOrder: 0,
};

const summaryOf = (row: Omit<Row, 'customerId'>): CustomerSummary => ({
  redemptions: {
    total_redeemed: row.succeeded - row.rollbacks,
    total_failed: row.failed,
    total_succeeded: row.succeeded,
    total_rolled_back: row.rollbacks,
    total_rollback_failed: row.failedRollbacks,
    total_rollback_succeeded: row.rollbacks,
    gift: { redeemed_amount: row.giftSpent, amount_to_go: row.giftLeft },
    loyalty_card: { redeemed_points: row.pointsSpent, points_to_go: row.pointsLeft },
  },
  orders: {
    total_amount: row.ordered,
    total_count: row.orders,
    average_amount: row.orders === 0 ? 0 : Math.round(row.ordered / row.orders),
    last_order_amount: row.lastOrder,
  },
});

/** For customers of one project, in one statement. Canceled orders do not count; cards are those that the customer holds. */
export const readSummaries = async (
  db: Db,
  projectId: string,
  customerIds: readonly string[],
): Promise<(customerId: string) => CustomerSummary> => {
  const rows = await db<Row[]>`
    select asked.id as customer_id, r.*, v.*, o.*
    from unnest(${customerIds}::text[]) as asked (id)
    cross join lateral (
      select count(*) filter (where object = 'redemption' and result = 'SUCCESS') as succeeded,
        count(*) filter (where object = 'redemption' and result = 'FAILURE') as failed,
        count(*) filter (where object = 'redemption_rollback' and result = 'SUCCESS') as rollbacks,
        count(*) filter (where object = 'redemption_rollback' and result = 'FAILURE') as failed_rollbacks
      from redemption where project_id = ${projectId} and customer_id = asked.id
    ) r
    cross join lateral (
      select coalesce(sum(gift_amount - gift_balance), 0)::bigint as gift_spent, coalesce(sum(gift_balance), 0)::bigint as gift_left,
        coalesce(sum(loyalty_points - loyalty_balance - loyalty_expired - loyalty_subtracted), 0)::bigint as points_spent,
        coalesce(sum(loyalty_balance), 0)::bigint as points_left
      from voucher where project_id = ${projectId} and holder_id = asked.id
    ) v
    cross join lateral (
      select coalesce(sum(amount), 0)::bigint as ordered, count(*) as orders,
        coalesce((array_agg(amount order by id desc) filter (where amount is not null))[1], 0)::bigint as last_order
      from shop_order where project_id = ${projectId} and customer_id = asked.id and status <> 'CANCELED'
    ) o`;
  const found = new Map(rows.map((row) => [row.customerId, summaryOf(row)]));
  return (customerId) => found.get(customerId) ?? summaryOf(NOTHING);
};

/** By whom a customer was brought, in each campaign. */
interface ReferralRow {
  customerId: string;
  campaignId: string;
  referrerId: string;
  voucherId: string;
  createdAt: Date;
}

/** For customers of one project, in one statement. */
export const readReferrals = async (db: Db, projectId: string, customerIds: readonly string[]) => {
  const rows = await db<ReferralRow[]>`
    select referee_id as customer_id, campaign_id, referrer_id, voucher_id, created_at from referral
    where project_id = ${projectId} and referee_id = any(${customerIds}::text[]) order by id`;
  return (customerId: string) => {
    const campaigns = rows
      .filter((row) => row.customerId === customerId)
      .map((row) => ({
        campaign_id: row.campaignId,
        referrer_id: row.referrerId,
        related_object_id: row.voucherId,
        related_object_type: 'voucher',
        date: row.createdAt.toISOString(),
      }));
    return { total: campaigns.length, campaigns };
  };
};
