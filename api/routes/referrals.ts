import type { Sql } from '../../db/client.ts';
import { findCustomer } from '../../db/customers.ts';
import { listReferrals, type Referral } from '../../db/referrals.ts';
import { notFound } from '../errors.ts';
import { route, type Route } from '../route.ts';
import { list } from '../schemas/list.ts';
import { listReferralsQuery, referralListSchema } from '../schemas/referral.ts';

const view = (referral: Referral) => ({
  id: referral.id,
  campaign_id: referral.campaignId,
  campaign: referral.campaign,
  voucher_id: referral.voucherId,
  code: referral.code,
  referrer_id: referral.referrerId,
  referee_id: referral.refereeId,
  referee_reward: referral.refereeReward,
  created_at: referral.createdAt.toISOString(),
  object: 'referral' as const,
});

export const createReferralRoutes = ({ sql }: { sql: Sql }): Route[] => [
  route({
    method: 'get',
    path: '/v1/referrals',
    tag: 'Referrals',
    summary: 'List who brought whom, the newest first',
    scope: 'referrals:read',
    query: listReferralsQuery,
    responses: { 200: { description: 'Referrals', schema: referralListSchema }, 404: { description: 'There is no such customer' } },
    handler: async ({ project, query }) => {
      const idOf = async (name: string | undefined): Promise<string | undefined> => {
        if (name === undefined) return undefined;
        const customer = await findCustomer(sql, project.id, name);
        if (!customer) throw notFound('customer', name);
        return customer.id;
      };
      const { limit, starting_after: startingAfter, campaign } = query;
      const filter = { referrerId: await idOf(query.referrer), refereeId: await idOf(query.referee), campaign };
      const page = await listReferrals(sql, project.id, filter, { limit, startingAfter });
      return { status: 200, body: list('referrals', page.rows.map(view), page) };
    },
  }),
];
