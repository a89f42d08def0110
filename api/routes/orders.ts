import type { z } from 'zod';
import { refundOrder } from '../../activities/order/refunds.ts';
import { keptOrderView, refundView } from '../../activities/order/view.ts';
import { createOrder, showOrder, updateOrder, type ToldOrder } from '../../activities/order/orders.ts';
import { lacksPrices, withPrices } from '../../activities/checkout/order-prices.ts';
import type { VoucherStates } from '../../activities/checkout/voucher-states.ts';
import type { Sql } from '../../db/client.ts';
import { readSourceIds } from '../../db/customer/list.ts';
import { findOrder, findRefunds, listOrders } from '../../db/orders.ts';
import { keepsSale } from '../../db/promotion/stacking-rules.ts';
import type { Project } from '../../db/project/projects.ts';
import { invalidPayload } from '../../domain/errors.ts';
import { namedCustomer } from '../checkout/request.ts';
import { notFound } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import {
  keptOrderListSchema,
  keptOrderSchema,
  listOrdersQuery,
  madeRefundSchema,
  orderBody,
  orderParams,
  refundBody,
  refundListSchema,
} from '../schemas/kept-order.ts';
import { list } from '../schemas/list.ts';
import { toldItem } from '../schemas/order.ts';

export interface OrderRoutesDeps {
  sql: Sql;
  states: VoucherStates;
  now: () => Date;
  /** Tells the relay, where it runs in this process, that there is something to route. */
  hint?: () => void;
}

/** What a body tells of an order, in our words. @throws DomainError invalid_payload, where it is in another currency than the project */
export const toldOrder = (project: Project, body: z.output<typeof orderBody>): ToldOrder => {
  if (body.currency !== undefined && body.currency !== project.currency)
    throw invalidPayload([{ path: 'currency', message: `must be ${project.currency}, the currency of the project` }]);
  return {
    sourceId: body.source_id ?? null,
    customer: body.customer ? namedCustomer(body.customer) : null,
    status: body.status,
    currency: body.currency,
    amount: body.amount,
    items: body.items?.map(toldItem),
    metadata: body.metadata ?? undefined,
    discountAmount: body.discount_amount,
  };
};

/** What a body tells of an order, with what the catalogue asks for items that say no price. */
const pricedOrder = async (sql: Sql, project: Project, body: z.output<typeof orderBody>): Promise<ToldOrder> => {
  const told = toldOrder(project, body);
  const lines = { amount: told.amount ?? undefined, items: told.items && [...told.items] };
  return lacksPrices(lines) ? { ...told, items: (await withPrices(sql, project.id, lines)).items } : told;
};

const tag = 'Orders';
const found = { description: 'The order', schema: keptOrderSchema };
const missing = { description: 'There is no such order' };

export const createOrderRoutes = (deps: OrderRoutesDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/orders',
    tag,
    summary: 'List orders',
    scope: 'orders:read',
    query: listOrdersQuery,
    responses: { 200: { description: 'Orders', schema: keptOrderListSchema } },
    handler: async ({ project, query }) => {
      const { limit, page, order, starting_after: startingAfter, created_at: created, ...filter } = query;
      const orders = await listOrders(
        deps.sql,
        project.id,
        { ...filter, createdAfter: created?.after, createdBefore: created?.before },
        { limit, page, startingAfter, descending: order === '-created_at' },
      );
      const names = await readSourceIds(
        deps.sql,
        project.id,
        orders.rows.flatMap((each) => each.customerId ?? []),
      );
      const views = orders.rows.map((each) => keptOrderView(each, names.get(each.customerId ?? '') ?? null));
      return { status: 200, body: list('orders', views, orders) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/orders',
    tag,
    summary: 'Create an order',
    description: 'Orders that come with a redemption are kept by themselves.',
    scope: 'orders:write',
    body: orderBody,
    responses: { 200: found, 404: { description: 'There is no such customer' } },
    handler: async ({ project, apiKey, body, write }) => {
      const told = await pricedOrder(deps.sql, project, body);
      const caller = { projectId: project.id, apiKeyId: apiKey.id };
      const answer = await write(async (tx) => ({ status: 200, body: await createOrder(tx, caller, told, deps.now()) }));
      deps.hint?.();
      return answer;
    },
  }),
  route({
    method: 'get',
    path: '/v1/orders/{id}',
    tag,
    summary: 'Get an order',
    scope: 'orders:read',
    params: orderParams,
    responses: { 200: found, 404: missing },
    handler: async ({ project, params }) => ({ status: 200, body: await showOrder(deps.sql, project.id, params.id) }),
  }),
  route({
    method: 'put',
    path: '/v1/orders/{id}',
    tag,
    summary: 'Update an order',
    description:
      'What is left out stays as it is. An order that is CANCELED gives back what was redeemed for it. Lines that discounts were taken of cannot be changed.',
    scope: 'orders:write',
    params: orderParams,
    body: orderBody,
    responses: { 200: found, 404: missing },
    handler: async ({ project, apiKey, params, body, write }) => {
      const told = await pricedOrder(deps.sql, project, body);
      const caller = { projectId: project.id, apiKeyId: apiKey.id, keptSale: keepsSale(project) };
      const answer = await write(async (tx) => ({ status: 200, body: await updateOrder(tx, caller, params.id, told, deps) }));
      deps.hint?.();
      return answer;
    },
  }),
  route({
    method: 'post',
    path: '/v1/orders/{id}/refunds',
    tag,
    summary: 'Give back part of an order, or all of it',
    description:
      'Each item that comes back gives back its share of the discounts, as it was kept with the redemption. The code comes back where its campaign says so: on_refund.',
    scope: 'orders:write',
    params: orderParams,
    body: refundBody,
    responses: { 200: { description: 'What was given back', schema: madeRefundSchema }, 404: missing },
    handler: async ({ project, apiKey, params, body, write }) => {
      const caller = { projectId: project.id, apiKeyId: apiKey.id };
      const request = {
        items: body.items ?? null,
        amount: body.amount ?? null,
        reason: body.reason ?? null,
        metadata: body.metadata ?? null,
      };
      const answer = await write(async (tx) => ({ status: 200, body: await refundOrder(tx, caller, params.id, request, deps) }));
      deps.hint?.();
      return answer;
    },
  }),
  route({
    method: 'get',
    path: '/v1/orders/{id}/refunds',
    tag,
    summary: 'List what was given back of an order, the oldest first',
    scope: 'orders:read',
    params: orderParams,
    responses: { 200: { description: 'Refunds', schema: refundListSchema }, 404: missing },
    handler: async ({ project, params }) => {
      const order = await findOrder(deps.sql, project.id, params.id);
      if (!order) throw notFound('order', params.id);
      const rows = await findRefunds(deps.sql, project.id, order.id);
      return { status: 200, body: list('refunds', rows.map(refundView), { total: rows.length, hasMore: false }) };
    },
  }),
];
