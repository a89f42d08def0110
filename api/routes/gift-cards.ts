import { z } from 'zod';
import { addToBalance, giftTransactionView, type BalanceRequest } from '../../activities/voucher/gift-card.ts';
import { adjustPoints, lockLoyaltyCards, requireCard } from '../../activities/loyalty/card.ts';
import { pointsTransactionView } from '../../activities/loyalty/points-events.ts';
import type { Sql, Tx } from '../../db/client.ts';
import { listGiftTransactions } from '../../db/voucher/gift-transactions.ts';
import { listPointsTransactions } from '../../db/loyalty/points-transactions.ts';
import type { Project } from '../../db/project/projects.ts';
import { findVoucher, type Voucher } from '../../db/voucher/vouchers.ts';
import { notFound } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import { transactionsQuery } from '../schemas/card-transaction.ts';
import { balanceBody, balanceSchema, transactionsSchema } from '../schemas/gift.ts';
import { continuedList } from '../schemas/list.ts';
import { cardBalanceSchema, pointsTransactionsSchema } from '../schemas/loyalty-card.ts';
import { voucherParams } from '../schemas/voucher.ts';

export interface GiftCardRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const tag = 'Gift cards';
const missing = { description: 'There is no such voucher' };

export const createGiftCardRoutes = ({ sql, now }: GiftCardRoutesDeps): Route[] => {
  const addPoints = async (tx: Tx, project: Project, { code, amount: points, sourceId, reason }: BalanceRequest) => {
    const at = now();
    const card = requireCard(await lockLoyaltyCards(tx, project, { codes: [code] }, at), project, { code, campaignId: null });
    const added = await adjustPoints(tx, project, card, { points, expires: 'PROGRAM_RULES', sourceId, reason }, at);
    return { ...added, amount: points };
  };

  const account = async (projectId: string, { id, loyaltyCard }: Voucher, page: Parameters<typeof listGiftTransactions>[3]) => {
    if (loyaltyCard) {
      const { rows, hasMore } = await listPointsTransactions(sql, projectId, { voucherId: id }, page);
      return { data: rows.map(pointsTransactionView), hasMore };
    }
    const { rows, hasMore } = await listGiftTransactions(sql, projectId, id, page);
    return { data: rows.map(giftTransactionView), hasMore };
  };

  return [
    route({
      method: 'post',
      path: '/v1/vouchers/{code}/balance',
      tag,
      summary: 'Add to the balance of a gift card or a loyalty card, or take away from it',
      description: 'What is added is minor units for a gift card, and points for a loyalty card.',
      scope: 'vouchers:write',
      params: voucherParams,
      body: balanceBody,
      responses: { 200: { description: 'The balance after it', schema: z.union([balanceSchema, cardBalanceSchema]) }, 404: missing },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          const change = { code: params.code, amount: body.amount, sourceId: body.source_id ?? null, reason: body.reason ?? null };
          const voucher = await findVoucher(tx, project, params.code);
          return {
            status: 200,
            body: voucher?.loyaltyCard ? await addPoints(tx, project, change) : await addToBalance(tx, project, change, now()),
          };
        }),
    }),
    route({
      method: 'get',
      path: '/v1/vouchers/{code}/transactions',
      tag,
      summary: 'List what was spent of a gift card or a loyalty card, given back, added and taken away',
      scope: 'vouchers:read',
      params: voucherParams,
      query: transactionsQuery,
      responses: { 200: { description: 'Transactions', schema: z.union([transactionsSchema, pointsTransactionsSchema]) }, 404: missing },
      handler: async ({ project, params, query }) => {
        const voucher = await findVoucher(sql, project, params.code);
        if (!voucher) throw notFound('voucher', params.code);
        const { limit, page, order, starting_after_id: startingAfter } = query;
        const asked = { limit, page, startingAfter, descending: order === '-id' };
        const { data, hasMore } = await account(project.id, voucher, asked);
        return { status: 200, body: continuedList(data, hasMore) };
      },
    }),
  ];
};
