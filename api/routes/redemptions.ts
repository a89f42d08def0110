import type { z } from 'zod';
import type { Checkout } from '../../activities/checkout/checkout.ts';
import type { CheckoutRequest } from '../../activities/checkout/request.ts';
import { redemptionView } from '../../activities/redemption/view.ts';
import { keepsSale } from '../../db/promotion/stacking-rules.ts';
import type { Sql } from '../../db/client.ts';
import { listRedemptions } from '../../db/checkout/redemption-list.ts';
import { findRedemption } from '../../db/checkout/redemptions.ts';
import { findVoucher } from '../../db/voucher/vouchers.ts';
import { answerOf } from '../checkout/answer.ts';
import { namedCustomer, onceOf, singleQuestion, stackQuestion } from '../checkout/request.ts';
import { notFound } from '../http/errors.ts';
import { listFilter } from '../http/list-filter.ts';
import { route, type Answer, type RequestContext, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import { redeemablesBody, singleBody, voucherCode } from '../schemas/redeemable.ts';
import {
  listRedemptionsQuery,
  redemptionListSchema,
  redemptionParams,
  redemptionSchema,
  redemptionsSchema,
  rollbackBody,
  rollbackQuery,
  rollbackSchema,
  rollbacksSchema,
  voucherRedemptionsQuery,
  voucherRedemptionsSchema,
} from '../schemas/redemption.ts';

export interface RedemptionRoutesDeps {
  sql: Sql;
  checkout: Pick<Checkout, 'redeem' | 'rollback'>;
}

type RollbackContext = RequestContext<{ id: string }, z.output<typeof rollbackQuery>, z.output<typeof rollbackBody>>;

const tag = 'Redemptions';
const refused = { 400: { description: 'Why it is refused; nothing was redeemed' }, 404: { description: 'There is no such code' } };

export const createRedemptionRoutes = ({ sql, checkout }: RedemptionRoutesDeps): Route[] => {
  const redeem = async (context: RequestContext, question: CheckoutRequest): Promise<Answer> => {
    return answerOf(await checkout.redeem({ ...question, ...onceOf(context) }));
  };

  const rollback = async (context: RollbackContext, stack: boolean): Promise<Answer> => {
    const { query, body } = context;
    const answer = await checkout.rollback({
      projectId: context.project.id,
      apiKeyId: context.apiKey.id,
      requestId: context.requestId,
      redemptionId: context.params.id,
      stack,
      customer: body.customer ? namedCustomer(body.customer) : null,
      reason: body.reason ?? query.reason ?? null,
      trackingId: body.tracking_id ?? query.tracking_id ?? null,
      metadata: body.metadata ?? null,
      keptSale: keepsSale(context.project),
      idempotencyKey: context.idempotencyKey,
      requestHash: context.requestHash.toString('base64'),
    });
    return answerOf(answer);
  };

  return [
    route({
      method: 'post',
      path: '/v1/redemptions',
      tag,
      summary: 'Redeem codes for an order, all or none',
      scope: 'redemptions:write',
      guessable: true,
      body: redeemablesBody,
      responses: { 200: { description: 'What was redeemed', schema: redemptionsSchema }, ...refused },
      handler: (context) => redeem(context, stackQuestion(context, 'stack')),
    }),
    route({
      method: 'post',
      path: '/client/v1/redemptions',
      tag,
      summary: 'Redeem codes for an order, from a browser',
      description: 'It does not say why a code does not apply.',
      scope: 'redemptions:write',
      guessable: true,
      body: redeemablesBody,
      responses: { 200: { description: 'What was redeemed', schema: redemptionsSchema }, ...refused },
      handler: (context) => redeem(context, stackQuestion(context, 'client')),
    }),
    route({
      method: 'get',
      path: '/v1/redemptions',
      tag,
      summary: 'List redemptions and rollbacks, failed ones too',
      scope: 'redemptions:read',
      query: listRedemptionsQuery,
      responses: { 200: { description: 'Redemptions', schema: redemptionListSchema } },
      handler: async ({ project, query }) => {
        const { limit, page, starting_after: startingAfter, order, created_at: created, filters, ...filter } = query;
        const found = await listRedemptions(
          sql,
          project.id,
          {
            ...filter,
            createdAfter: created?.after,
            createdBefore: created?.before,
            matching: filters && listFilter(filters, 'redemption'),
          },
          { limit, page, startingAfter, descending: order === '-created_at' },
        );
        return { status: 200, body: list('redemptions', found.rows.map(redemptionView), found) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/redemptions/{id}',
      tag,
      summary: 'Read a redemption or rollback',
      scope: 'redemptions:read',
      params: redemptionParams,
      responses: { 200: { description: 'The redemption', schema: redemptionSchema }, 404: { description: 'There is no such redemption' } },
      handler: async ({ project, params }) => {
        const row = await findRedemption(sql, project.id, params.id);
        if (!row) throw notFound('redemption', params.id);
        return { status: 200, body: redemptionView(row) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/redemptions/{id}/rollback',
      tag,
      summary: 'Take a redemption back',
      scope: 'redemptions:write',
      params: redemptionParams,
      query: rollbackQuery,
      body: rollbackBody,
      responses: { 200: { description: 'The rollback', schema: rollbackSchema }, 404: { description: 'There is no such redemption' } },
      handler: (context) => rollback(context, false),
    }),
    route({
      method: 'post',
      path: '/v1/redemptions/{id}/rollbacks',
      tag,
      summary: 'Take a parent redemption back, with all that is left of it',
      scope: 'redemptions:write',
      params: redemptionParams,
      query: rollbackQuery,
      body: rollbackBody,
      responses: { 200: { description: 'The rollbacks', schema: rollbacksSchema }, 404: { description: 'There is no such redemption' } },
      handler: (context) => rollback(context, true),
    }),
    route({
      method: 'post',
      path: '/v1/vouchers/{code}/redemption',
      tag,
      summary: 'Redeem one code (older call)',
      scope: 'redemptions:write',
      guessable: true,
      params: voucherCode,
      body: singleBody,
      responses: { 200: { description: 'The redemption', schema: redemptionSchema }, ...refused },
      handler: (context) => redeem(context, singleQuestion(context)),
    }),
    route({
      method: 'get',
      path: '/v1/vouchers/{code}/redemption',
      tag,
      summary: "List a voucher's redemptions",
      scope: 'redemptions:read',
      params: voucherCode,
      query: voucherRedemptionsQuery,
      responses: {
        200: { description: 'Redemptions', schema: voucherRedemptionsSchema },
        404: { description: 'There is no such voucher' },
      },
      handler: async ({ project, params, query }) => {
        const voucher = await findVoucher(sql, project, params.code);
        if (!voucher) throw notFound('voucher', params.code);
        const { limit, page, starting_after: startingAfter } = query;
        const found = await listRedemptions(sql, project.id, { voucherId: voucher.id }, { limit, page, startingAfter, descending: true });
        return {
          status: 200,
          body: {
            ...list('redemption_entries', found.rows.map(redemptionView), found),
            quantity: voucher.quantity,
            redeemed_quantity: voucher.redeemedQuantity,
            redeemed_amount: voucher.redeemedAmount,
          },
        };
      },
    }),
  ];
};
