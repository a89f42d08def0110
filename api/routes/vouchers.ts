import { setWorth } from '../../activities/voucher/gift-card.ts';
import type { Sql, Tx } from '../../db/client.ts';
import { parseCodeConfig } from '../../domain/voucher/code-pattern.ts';
import { invalidPayload, invalidQuery } from '../../domain/errors.ts';
import { deleteVoucher, updateVoucher, voucherView, type VoucherChange } from '../../db/voucher/changes.ts';
import { createVouchers, fixedCode } from '../../db/voucher/creation.ts';
import { assignRules } from '../../db/validation-rules/rule-assignments.ts';
import { listVouchers, type VoucherFilter, type VoucherOrder } from '../../db/voucher/list.ts';
import { findVoucher, lockVoucher, type Voucher } from '../../db/voucher/vouchers.ts';
import type { z } from 'zod';
import { notFound } from '../http/errors.ts';
import { withCategoryName } from '../campaign/named-category.ts';
import { listFilter } from '../http/list-filter.ts';
import { route, type Answer, type RequestContext, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import {
  createVoucherBody,
  deleteQuery,
  listVouchersQuery,
  updateVoucherBody,
  voucherListSchema,
  voucherParams,
  voucherSchema,
  indexedFilters,
} from '../schemas/voucher.ts';
import { requireRules } from '../campaign/rule-references.ts';
import { requireStart, windowAfter } from '../campaign/validity.ts';
import { draftOfBody } from '../campaign/voucher-draft.ts';

export interface VoucherRoutesDeps {
  sql: Sql;
  now: () => Date;
  /** A cryptographically secure source. */
  randomBytes: (n: number) => Uint8Array;
}

type CreateBody = z.output<typeof createVoucherBody>;
type ListQuery = z.output<typeof listVouchersQuery>;

const found = { description: 'The voucher', schema: voucherSchema };
const missing = { description: 'There is no such voucher' };
const taken = { description: 'A voucher with this code exists' };

const wrongField = (path: string, message: string) => invalidPayload([{ path, message }]);

const filterOf = ({
  filters,
  created_at: created,
  updated_at: updated,
  code,
  campaign,
  customer,
  category,
  active,
  campaign_id: campaignId,
}: ListQuery): VoucherFilter => {
  const indexed = indexedFilters.optional().safeParse(filters);
  const named = (condition?: { conditions: { $in?: string[]; $is?: string[] } }) =>
    condition && [...(condition.conditions.$in ?? []), ...(condition.conditions.$is ?? [])];
  return {
    codes: code === undefined ? named(indexed.data?.code) : [code],
    campaign,
    customer,
    category,
    active,
    campaignIds: campaignId === undefined ? named(indexed.data?.campaign_id) : [campaignId],
    holderIds: named(indexed.data?.holder_id),
    matching:
      filters === undefined || (indexed.success && campaignId === undefined && code === undefined)
        ? undefined
        : listFilter(filters, 'voucher'),
    createdAfter: created?.after,
    createdBefore: created?.before,
    updatedAfter: updated?.after,
    updatedBefore: updated?.before,
  };
};

const changeOf = (voucher: Voucher, body: z.output<typeof updateVoucherBody>): VoucherChange => ({
  window: windowAfter(voucher.template, body),
  ...(body.limits !== undefined && { limits: body.limits }),
  ...(body.category !== undefined && { category: body.category }),
  ...(body.start_date !== undefined && { startDate: body.start_date }),
  ...(body.expiration_date !== undefined && { expirationDate: body.expiration_date }),
  ...(body.active !== undefined && { active: body.active }),
  ...(body.redemption?.quantity !== undefined && { quantity: body.redemption.quantity }),
  ...(body.additional_info !== undefined && { additionalInfo: body.additional_info }),
  ...(body.metadata !== undefined && { metadata: body.metadata ?? {} }),
});

export const createVoucherRoutes = ({ sql, now, randomBytes }: VoucherRoutesDeps): Route[] => {
  const create = (context: RequestContext<unknown, unknown, CreateBody>, code: string | undefined): Promise<Answer> => {
    const { project, body, write } = context;
    const pattern =
      code === undefined ? parseCodeConfig(body.code_config ?? {}, { caseSensitive: project.caseSensitiveCodes }) : fixedCode(code);
    return write(async (tx) => {
      const { validation_rules: rules = [] } = body;
      await requireRules(tx, project.id, rules);
      const draft = draftOfBody(project.id, { ...body, ...(await withCategoryName(tx, project.id, body)) });
      const [voucher] = await createVouchers(tx, [draft], pattern, { project, now: now(), randomBytes });
      if (rules.length === 0) return { status: 200, body: voucherView(voucher!) };
      await assignRules(tx, project.id, rules, { type: 'voucher', id: draft.id }, now());
      return { status: 200, body: voucherView((await findVoucher(tx, project, voucher!.code))!) };
    });
  };

  const change = (
    context: RequestContext<{ code: string }>,
    howOf: (voucher: Voucher, tx: Tx) => VoucherChange | Promise<VoucherChange>,
    event: string,
    worth?: number,
  ): Promise<Answer> =>
    context.write(async (tx) => {
      const locked = await lockVoucher(tx, context.project, context.params.code);
      if (!locked) throw notFound('voucher', context.params.code);
      const voucher = worth === undefined ? locked : await setWorth(tx, context.project, locked, worth, now());
      const how = await howOf(voucher, tx);
      const next = { ...voucher, ...how };
      requireStart(how.window ?? voucher.template, next.startDate ?? voucher.campaignStartDate);
      if (next.startDate && next.expirationDate && next.startDate >= next.expirationDate)
        throw wrongField('expiration_date', 'must be after start_date');
      return { status: 200, body: voucherView(await updateVoucher(tx, voucher, how, event, now())) };
    });

  return [
    route({
      method: 'get',
      path: '/v1/vouchers',
      tag: 'Vouchers',
      summary: 'List vouchers',
      scope: 'vouchers:read',
      query: listVouchersQuery,
      responses: { 200: { description: 'Vouchers', schema: voucherListSchema } },
      handler: async ({ project, query }) => {
        const descending = query.order.startsWith('-');
        const order = (descending ? query.order.slice(1) : query.order) as VoucherOrder;
        const { limit, page, starting_after: startingAfter } = query;
        if (startingAfter !== undefined && order !== 'created_at')
          throw invalidQuery([{ path: 'starting_after', message: 'goes with the order created_at or -created_at only' }]);
        const vouchers = await listVouchers(sql, project, filterOf(query), { limit, page, descending, order, startingAfter });
        return { status: 200, body: list('vouchers', vouchers.rows.map(voucherView), vouchers) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/vouchers',
      tag: 'Vouchers',
      summary: 'Create a voucher',
      description: 'With `code`, or with a code made from `code_config`. A slash at the end of the path is taken too.',
      scope: 'vouchers:write',
      body: createVoucherBody,
      responses: { 200: found, 409: taken },
      handler: (context) => create(context, context.body.code),
    }),
    route({
      method: 'post',
      path: '/v1/vouchers/{code}',
      tag: 'Vouchers',
      summary: 'Create a voucher with this code',
      scope: 'vouchers:write',
      params: voucherParams,
      body: createVoucherBody,
      responses: { 200: found, 409: taken },
      handler: (context) => {
        const { code } = context.params;
        if (context.body.code !== undefined && context.body.code !== code) throw wrongField('code', 'must be the code in the path');
        if (context.body.code_config) throw wrongField('code_config', 'must not be given together with a code in the path');
        return create(context, code);
      },
    }),
    route({
      method: 'get',
      path: '/v1/vouchers/{code}',
      tag: 'Vouchers',
      summary: 'Get a voucher',
      scope: 'vouchers:read',
      params: voucherParams,
      responses: { 200: found, 404: missing },
      handler: async ({ project, params }) => {
        const voucher = await findVoucher(sql, project, params.code);
        if (!voucher) throw notFound('voucher', params.code);
        return { status: 200, body: voucherView(voucher) };
      },
    }),
    route({
      method: 'put',
      path: '/v1/vouchers/{code}',
      tag: 'Vouchers',
      summary: 'Update a voucher',
      description: 'What is left out stays as it is; null empties a field. Metadata is replaced.',
      scope: 'vouchers:write',
      params: voucherParams,
      body: updateVoucherBody,
      responses: { 200: found, 404: missing },
      handler: (context) => {
        const { body, params } = context;
        if (body.code !== undefined && body.code !== params.code) throw wrongField('code', 'must be the code in the path');
        return change(
          context,
          async (voucher, tx) => changeOf(voucher, { ...body, ...(await withCategoryName(tx, context.project.id, body)) }),
          'voucher.updated',
          body.gift?.amount,
        );
      },
    }),
    route({
      method: 'delete',
      path: '/v1/vouchers/{code}',
      tag: 'Vouchers',
      summary: 'Delete a voucher',
      description: 'Its redemptions stay: they are the ledger.',
      scope: 'vouchers:write',
      params: voucherParams,
      query: deleteQuery,
      responses: { 204: { description: 'Deleted' }, 404: missing },
      handler: ({ project, params, write }) =>
        write(async (tx) => {
          const voucher = await lockVoucher(tx, project, params.code);
          if (!voucher) throw notFound('voucher', params.code);
          await deleteVoucher(tx, voucher, now());
          return { status: 204 };
        }),
    }),
    route({
      method: 'post',
      path: '/v1/vouchers/{code}/enable',
      tag: 'Vouchers',
      summary: 'Enable a voucher',
      scope: 'vouchers:write',
      params: voucherParams,
      responses: { 200: found, 404: missing },
      handler: (context) => change(context, () => ({ active: true }), 'voucher.enabled'),
    }),
    route({
      method: 'post',
      path: '/v1/vouchers/{code}/disable',
      tag: 'Vouchers',
      summary: 'Disable a voucher, so that nobody can redeem it',
      scope: 'vouchers:write',
      params: voucherParams,
      responses: { 200: found, 404: missing },
      handler: (context) => change(context, () => ({ active: false }), 'voucher.disabled'),
    }),
  ];
};
