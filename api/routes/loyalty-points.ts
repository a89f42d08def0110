import { adjustPoints, lockLoyaltyCards, requireCard, transferPoints } from '../../activities/loyalty/card.ts';
import { pointsTransactionView } from '../../activities/loyalty/points-events.ts';
import type { Sql, Tx } from '../../db/client.ts';
import { listExpiring, type PointsBucket } from '../../db/loyalty/points-buckets.ts';
import { listPointsTransactions } from '../../db/loyalty/points-transactions.ts';
import type { Project } from '../../db/project/projects.ts';
import { voucherView } from '../../db/voucher/changes.ts';
import { findVoucher } from '../../db/voucher/vouchers.ts';
import type { z } from 'zod';
import { findMember } from '../loyalty/member.ts';
import { findLoyaltyProgram } from '../loyalty/program.ts';
import { route, type Answer, type Route } from '../http/route.ts';
import { transactionsQuery } from '../schemas/card-transaction.ts';
import { continuedList, list } from '../schemas/list.ts';
import {
  adjustPointsBody,
  expiringPointsQuery,
  expiringPointsSchema,
  pointsBalanceSchema,
  pointsTransactionsSchema,
  transferPointsBody,
} from '../schemas/loyalty-card.ts';
import { memberOfProgramParams, memberParams, programParams } from '../schemas/loyalty.ts';
import { voucherSchema } from '../schemas/voucher.ts';

export interface LoyaltyPointsRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const tag = 'Loyalty points';
const missing = { description: 'There is no such loyalty program or card' };
const exceeded = { description: 'The card has fewer points than are asked' };

/** The API finds members by their cards alone, or within a program. */
const PLACES = [
  { path: '/v1/loyalties/{campaign}/members/{member}', params: memberOfProgramParams },
  { path: '/v1/loyalties/members/{member}', params: memberParams },
] as const;

const bucketView = (bucket: PointsBucket) => ({
  id: bucket.id,
  voucher_id: bucket.voucherId,
  campaign_id: bucket.campaignId,
  bucket: { total_points: bucket.remaining },
  status: 'ACTIVE' as const,
  expires_at: bucket.expiresAt!.toISOString(),
  created_at: bucket.createdAt.toISOString(),
  updated_at: bucket.updatedAt?.toISOString() ?? null,
  object: 'loyalty_points_bucket' as const,
});

type Adjustment = z.output<typeof adjustPointsBody>;

const expiresOf = ({ expiration_type: type, expiration_date: after }: Adjustment) => {
  if (after !== undefined) return { after };
  return type === 'NON_EXPIRING' ? type : 'PROGRAM_RULES';
};

export const createLoyaltyPointsRoutes = ({ sql, now }: LoyaltyPointsRoutesDeps): Route[] => {
  const transactions = async (
    project: Project,
    of: { voucherId: string } | { campaignId: string },
    query: z.output<typeof transactionsQuery>,
  ): Promise<Answer> => {
    const { limit, page, order, starting_after_id: startingAfter } = query;
    const { rows, hasMore } = await listPointsTransactions(sql, project.id, of, {
      limit,
      page,
      startingAfter,
      descending: order === '-id',
    });
    return { status: 200, body: continuedList(rows.map(pointsTransactionView), hasMore) };
  };

  const lockedMember = async (tx: Tx, project: Project, code: string, at: Date) =>
    requireCard(await lockLoyaltyCards(tx, project, { codes: [code] }, at), project, { code, campaignId: null });

  const ofMember = ({ path, params }: (typeof PLACES)[number]): Route[] => [
    route({
      method: 'post',
      path: `${path}/balance`,
      tag,
      summary: 'Add points to a loyalty card, or take them away',
      scope: 'loyalties:write',
      params,
      body: adjustPointsBody,
      responses: { 200: { description: 'The balance after it', schema: pointsBalanceSchema }, 400: exceeded, 404: missing },
      handler: ({ project, params: named, body, write }) =>
        write(async (tx) => {
          const at = now();
          const card = await lockedMember(tx, project, (await findMember(tx, project, named)).code, at);
          const { points, source_id: sourceId = null, reason = null } = body;
          const adjustment = { points, expires: expiresOf(body), sourceId, reason } as const;
          return { status: 200, body: await adjustPoints(tx, project, card, adjustment, at) };
        }),
    }),
    route({
      method: 'get',
      path: `${path}/points-expiration`,
      tag,
      summary: 'List the points of a card that will expire, the first first',
      scope: 'loyalties:read',
      params,
      query: expiringPointsQuery,
      responses: { 200: { description: 'Points by when they expire', schema: expiringPointsSchema }, 404: missing },
      handler: async ({ project, params: named, query }) => {
        const card = await findMember(sql, project, named);
        const expiring = await listExpiring(sql, project.id, card.id, query);
        return { status: 200, body: list('data', expiring.rows.map(bucketView), expiring) };
      },
    }),
    route({
      method: 'get',
      path: `${path}/transactions`,
      tag,
      summary: 'List what came to a loyalty card and went',
      scope: 'loyalties:read',
      params,
      query: transactionsQuery,
      responses: { 200: { description: 'Transactions', schema: pointsTransactionsSchema }, 404: missing },
      handler: async ({ project, params: named, query }) =>
        transactions(project, { voucherId: (await findMember(sql, project, named)).id }, query),
    }),
  ];

  return [
    ...PLACES.flatMap(ofMember),
    route({
      method: 'get',
      path: '/v1/loyalties/{campaign}/transactions',
      tag,
      summary: 'List what came to the cards of a loyalty program and went',
      scope: 'loyalties:read',
      params: programParams,
      query: transactionsQuery,
      responses: { 200: { description: 'Transactions', schema: pointsTransactionsSchema }, 404: missing },
      handler: async ({ project, params, query }) =>
        transactions(project, { campaignId: (await findLoyaltyProgram(sql, project.id, params.campaign)).id }, query),
    }),
    route({
      method: 'post',
      path: '/v1/loyalties/{campaign}/members/{member}/transfers',
      tag,
      summary: 'Move points to this card from others',
      description: 'They expire as points that come to this card now do.',
      scope: 'loyalties:write',
      params: memberOfProgramParams,
      body: transferPointsBody,
      responses: { 200: { description: 'The card that has the points now', schema: voucherSchema }, 400: exceeded, 404: missing },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          const at = now();
          const { code } = await findMember(tx, project, params);
          const cards = await lockLoyaltyCards(tx, project, { codes: [code, ...body.map((each) => each.code)] }, at);
          const to = requireCard(cards, project, { code, campaignId: null });
          const transfers = body.map(
            ({ code: source, campaign_id: campaignId = null, points, source_id: sourceId = null, reason = null }) => ({
              from: requireCard(cards, project, { code: source, campaignId }),
              points,
              sourceId,
              reason,
            }),
          );
          await transferPoints(tx, project, to, transfers, at);
          return { status: 200, body: voucherView((await findVoucher(tx, project, code))!) };
        }),
    }),
  ];
};
