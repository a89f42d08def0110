import type { Sql } from '../../db/client.ts';
import { upsertCustomers, updateCustomer } from '../../db/customer/customers.ts';
import { newId } from '../../db/ids.ts';
import { listVouchers } from '../../db/voucher/list.ts';
import { namedCustomer } from '../checkout/request.ts';
import { notFound } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import { clientCustomerSchema, clientVoucherListSchema, listClientVouchersQuery } from '../schemas/client-customer.ts';
import { customerInput } from '../schemas/customer.ts';
import { list } from '../schemas/list.ts';

export interface ClientCustomerRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const tag = 'Client side';

export const createClientCustomerRoutes = ({ sql, now }: ClientCustomerRoutesDeps): Route[] => [
  route({
    method: 'post',
    path: '/client/v1/customers',
    tag,
    summary: 'Create or update a customer, from a browser',
    description: 'Anybody can say that they are anybody: the answer says who it is, and nothing that was known of them before.',
    scope: 'customers:write',
    body: customerInput,
    responses: {
      200: { description: 'Who it is, and what was told of them', schema: clientCustomerSchema },
      404: { description: 'There is no such customer' },
    },
    handler: ({ project, body, write }) =>
      write(async (tx) => {
        const { id, sourceId = newId('customer'), ...change } = namedCustomer(body);
        const [customer] =
          id === undefined
            ? await upsertCustomers(tx, project.id, [{ ...change, sourceId }], now())
            : [await updateCustomer(tx, project.id, id, change, now())];
        if (!customer) throw notFound('customer', id!);
        return { status: 200, body: { ...body, id: customer.id, source_id: customer.sourceId, object: 'customer' as const } };
      }),
  }),
  route({
    method: 'get',
    path: '/client/v1/vouchers',
    tag,
    summary: 'List vouchers, from a browser',
    description: 'Whoever has the page could list every code: no key for browsers may, unless it is made with this scope.',
    scope: 'vouchers:read',
    query: listClientVouchersQuery,
    responses: { 200: { description: 'Vouchers', schema: clientVoucherListSchema } },
    handler: async ({ project, query }) => {
      const { limit, page, campaign, category, customer, created_at: created, updated_at: updated } = query;
      const filter = {
        campaign,
        category,
        customer,
        createdAfter: created?.after,
        createdBefore: created?.before,
        updatedAfter: updated?.after,
        updatedBefore: updated?.before,
      };
      const found = await listVouchers(sql, project, filter, { limit, page, order: 'created_at', descending: true });
      const views = found.rows.map((voucher) => ({
        code: voucher.code,
        active: voucher.active,
        metadata: voucher.metadata,
        start_date: voucher.startDate?.toISOString() ?? null,
        expiration_date: voucher.expirationDate?.toISOString() ?? null,
        created_at: voucher.createdAt.toISOString(),
        object: 'voucher' as const,
      }));
      return { status: 200, body: list('vouchers', views, found) };
    },
  }),
];
