import { addToBalance, giftTransactionView } from '../../activities/gift-card.ts';
import type { Sql } from '../../db/client.ts';
import { listGiftTransactions } from '../../db/gift-transactions.ts';
import { findVoucher } from '../../db/vouchers.ts';
import { notFound } from '../errors.ts';
import { route, type Route } from '../route.ts';
import { balanceBody, balanceSchema, transactionsQuery, transactionsSchema } from '../schemas/gift.ts';
import { voucherParams } from '../schemas/voucher.ts';

export interface GiftCardRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const tag = 'Gift cards';
const missing = { description: 'There is no such voucher' };

export const createGiftCardRoutes = ({ sql, now }: GiftCardRoutesDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/vouchers/{code}/balance',
    tag,
    summary: 'Add to the balance of a gift card, or take away from it',
    scope: 'vouchers:write',
    params: voucherParams,
    body: balanceBody,
    responses: { 200: { description: 'The balance after it', schema: balanceSchema }, 404: missing },
    handler: ({ project, params, body, write }) =>
      write(async (tx) => {
        const change = { code: params.code, amount: body.amount, sourceId: body.source_id ?? null, reason: body.reason ?? null };
        return { status: 200, body: await addToBalance(tx, project, change, now()) };
      }),
  }),
  route({
    method: 'get',
    path: '/v1/vouchers/{code}/transactions',
    tag,
    summary: 'List what was spent of a gift card, given back, added and taken away',
    scope: 'vouchers:read',
    params: voucherParams,
    query: transactionsQuery,
    responses: { 200: { description: 'Transactions', schema: transactionsSchema }, 404: missing },
    handler: async ({ project, params, query }) => {
      const voucher = await findVoucher(sql, project, params.code);
      if (!voucher) throw notFound('voucher', params.code);
      const { limit, page, order, starting_after_id: startingAfter } = query;
      const found = await listGiftTransactions(sql, project.id, voucher.id, { limit, page, startingAfter, descending: order === '-id' });
      return {
        status: 200,
        body: {
          object: 'list',
          data_ref: 'data',
          data: found.rows.map(giftTransactionView),
          has_more: found.hasMore,
          more_starting_after: found.hasMore ? found.rows.at(-1)?.id : undefined,
        },
      };
    },
  }),
];
