import { retryRefereeReward, type RefereeRewardsDeps } from '../../activities/referral/referee-rewards.ts';
import type { Sql } from '../../db/client.ts';
import { findCustomer } from '../../db/customer/customers.ts';
import { refereeRewardView } from '../../db/referral/referee-rewards.ts';
import { findReferral, listReferrals, type Referral } from '../../db/referral/referrals.ts';
import { DomainError } from '../../domain/errors.ts';
import { notFound } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import { listReferralsQuery, referralListSchema, referralParams, referralSchema } from '../schemas/referral.ts';

const view = (referral: Referral) => ({
  id: referral.id,
  campaign_id: referral.campaignId,
  campaign: referral.campaign,
  voucher_id: referral.voucherId,
  code: referral.code,
  referrer_id: referral.referrerId,
  referee_id: referral.refereeId,
  referee_reward:
    referral.refereeReward &&
    refereeRewardView({
      given: referral.refereeReward,
      attempts: referral.rewardAttempts,
      dueAt: referral.rewardDueAt?.toISOString() ?? null,
    }),
  created_at: referral.createdAt.toISOString(),
  object: 'referral' as const,
});

export const createReferralRoutes = ({ sql, ...deps }: { sql: Sql } & RefereeRewardsDeps): Route[] => [
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
  route({
    method: 'post',
    path: '/v1/referrals/{id}/reward/retry',
    tag: 'Referrals',
    summary: 'Try once more to give a referee the reward that could not be given',
    description: 'At once: the answer says what came of it. What still cannot be given is tried again by itself, as often as at first.',
    scope: 'referrals:write',
    params: referralParams,
    responses: {
      200: { description: 'The referral, with what came of the reward', schema: referralSchema },
      404: { description: 'There is no such referral' },
      409: { description: 'Its reward was given, or there is none, or nobody tried yet' },
    },
    handler: ({ project, params: { id }, write }) =>
      write(async (tx) => {
        const referral = await findReferral(tx, project.id, id);
        if (!referral) throw notFound('referral', id);
        if (referral.refereeReward?.result !== 'FAILURE')
          throw new DomainError('resource_in_use', 'Only a reward that could not be given can be tried again.', {
            details: referral.refereeReward ? 'It was given' : 'The program gives none, or it was not tried yet',
            resource: { id, type: 'referral' },
          });
        await retryRefereeReward(tx, deps, project.id, referral);
        return { status: 200, body: view((await findReferral(tx, project.id, id))!) };
      }),
  }),
];
