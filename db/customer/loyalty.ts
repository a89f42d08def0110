import type { Db } from '../client.ts';

/** What a customer has in loyalty programs, and whom they brought. */
export interface CustomerLoyalty {
  /** All points that were ever added to their cards. */
  points: number;
  referred_customers: number;
  /** By the name of the campaign. */
  campaigns: Record<string, { points: number; loyalty_tier: string | null; referred_customers: number }>;
}

interface CampaignRow {
  customerId: string;
  campaign: string;
  points: number;
  loyaltyTier: string | null;
  referred: number;
}

/** For customers of one project, in few statements. */
export const readLoyalty = async (db: Db, projectId: string, customerIds: readonly string[]): Promise<Map<string, CustomerLoyalty>> => {
  const rows = await db<CampaignRow[]>`
    with cards as (
      select holder_id as customer_id, campaign_id, sum(loyalty_points)::bigint as points from voucher
      where project_id = ${projectId} and holder_id = any(${customerIds}::text[]) and loyalty_points is not null group by 1, 2
    ), referred as (
      select referrer_id as customer_id, campaign_id, count(*) as referred from referral
      where project_id = ${projectId} and referrer_id = any(${customerIds}::text[]) group by 1, 2
    ), both_of as (
      select customer_id, campaign_id, coalesce(p.points, 0) as points, coalesce(r.referred, 0) as referred
      from cards p full join referred r using (customer_id, campaign_id)
    )
    select b.customer_id, coalesce(c.name, '') as campaign, b.points, b.referred, t.name as loyalty_tier
    from both_of b
    left join campaign c on c.project_id = ${projectId} and c.id = b.campaign_id
    left join loyalty_tier_member m on m.project_id = ${projectId} and m.campaign_id = b.campaign_id and m.customer_id = b.customer_id
    left join loyalty_tier t on t.project_id = ${projectId} and t.id = m.tier_id
    order by b.customer_id, c.name`;
  const found = new Map<string, CustomerLoyalty>(customerIds.map((id) => [id, { points: 0, referred_customers: 0, campaigns: {} }]));
  for (const { customerId, campaign, points, loyaltyTier, referred } of rows) {
    const loyalty = found.get(customerId)!;
    loyalty.points += points;
    loyalty.referred_customers += referred;
    if (campaign !== '') loyalty.campaigns[campaign] = { points, loyalty_tier: loyaltyTier, referred_customers: referred };
  }
  return found;
};
