import type { Order } from '../domain/order/order.ts';
import type { Db } from './client.ts';
import { firstIdAt } from './ids.ts';
import { jsonLines } from './json-lines.ts';
import { direction, toPage, type Page, type PageRequest } from './paging.ts';

const columns = (db: Db) => db`
  project_id, id, source_id, status, customer_id, currency, amount, items, discounts, returned, coalesce(metadata, '{}') as metadata, created_at,
  updated_at`;

/**
 * Takes the names of orders, ids and source ids, until the transaction ends: so nobody makes an order of that name meanwhile. Orders are
 * locked after everything else. Not sent until awaited or executed.
 */
export const lockOrderNames = (db: Db, projectId: string, names: string[]) => db`
  select pg_advisory_xact_lock(hashtextextended(${projectId} || ' order ' || name, 0)) from unnest(${[...new Set(names)].toSorted()}::text[]) as name`;

/** The orders of these names, ids or source ids, locked. Read it in a statement after the one that took the names. */
export const lockOrders = (db: Db, projectId: string, names: string[]) => db<Order[]>`
  select ${columns(db)} from shop_order where project_id = ${projectId} and (id = any(${names}::text[]) or source_id = any(${names}::text[]))
  order by id for no key update`;

/** Orders by their ids. */
export const findOrders = (db: Db, projectId: string, ids: readonly string[]) => db<Order[]>`
  select ${columns(db)} from shop_order where project_id = ${projectId} and id = any(${ids as string[]}::text[])`;

/** Which of these orders is meant: by id, else by source id. */
export const orderNamed = (orders: readonly Order[], name: { id?: string; sourceId?: string }): Order | undefined =>
  orders.find((order) => order.id === name.id) ?? orders.find((order) => order.sourceId !== null && order.sourceId === name.sourceId);

/** By id, else by source id. */
export const findOrder = async (db: Db, projectId: string, name: string): Promise<Order | null> => {
  const [row] = await db<Order[]>`
    select ${columns(db)} from shop_order where project_id = ${projectId} and (id = ${name} or source_id = ${name})
    order by id = ${name} desc limit 1`;
  return row ?? null;
};

const each = <T>(orders: readonly Order[], of: (order: Order) => T): T[] => orders.map(of);

/** Writes orders of one project that are locked, or new under a name that is taken. Not sent until awaited or executed. */
export const writeOrders = (db: Db, projectId: string, orders: readonly Order[]) => db`
  insert into shop_order (project_id, id, source_id, status, customer_id, currency, amount, created_at, updated_at, items, discounts, returned, metadata)
  select ${projectId}, id, source_id, status, customer_id, currency, amount, created_at, updated_at, items::json, discounts::json, returned::json,
    metadata::json
  from rows from (unnest(${each(orders, (o) => o.id)}::text[], ${each(orders, (o) => o.sourceId)}::text[], ${each(orders, (o) => o.status)}::text[],
      ${each(orders, (o) => o.customerId)}::text[], ${each(orders, (o) => o.currency)}::text[], ${each(orders, (o) => o.amount)}::bigint[],
      ${each(orders, (o) => o.createdAt.toISOString())}::timestamptz[], ${each(orders, (o) => o.updatedAt?.toISOString() ?? null)}::timestamptz[]),
    string_to_table(${jsonLines(each(orders, (o) => o.items))}, E'\\n', ''), string_to_table(${jsonLines(each(orders, (o) => o.discounts))}, E'\\n', ''),
    string_to_table(${jsonLines(each(orders, (o) => o.returned))}, E'\\n', ''),
    string_to_table(${jsonLines(each(orders, (o) => o.metadata))}, E'\\n', ''))
    as r (id, source_id, status, customer_id, currency, amount, created_at, updated_at, items, discounts, returned, metadata)
  on conflict (project_id, id) do update set source_id = excluded.source_id, status = excluded.status, customer_id = excluded.customer_id,
    currency = excluded.currency, amount = excluded.amount, updated_at = excluded.updated_at, items = excluded.items,
    discounts = excluded.discounts, returned = excluded.returned, metadata = excluded.metadata`;

export interface OrderFilter {
  status?: string;
  /** Id or source id. */
  customer?: string;
  createdAfter?: Date;
  createdBefore?: Date;
}

/** A page of orders by the time they were made. `startingAfter` is an id. */
export const listOrders = async (db: Db, projectId: string, filter: OrderFilter, request: PageRequest): Promise<Page<Order>> => {
  const { limit, descending, startingAfter } = request;
  const where = db`
    project_id = ${projectId}
    ${filter.status === undefined ? db`` : db`and status = ${filter.status}`}
    ${
      filter.customer === undefined
        ? db``
        : db`and customer_id = (select id from customer where project_id = ${projectId} and (id = ${filter.customer} or source_id = ${filter.customer})
            order by id = ${filter.customer} desc limit 1)`
    }
    ${filter.createdAfter === undefined ? db`` : db`and id >= ${firstIdAt('order', new Date(filter.createdAfter.getTime() + 1))}`}
    ${filter.createdBefore === undefined ? db`` : db`and id < ${firstIdAt('order', filter.createdBefore)}`}`;
  const from = startingAfter === undefined ? db`` : descending ? db`and id < ${startingAfter}` : db`and id > ${startingAfter}`;
  const skip = startingAfter === undefined ? (request.page - 1) * limit : 0;
  const [rows, [totals]] = await Promise.all([
    db<
      Order[]
    >`select ${columns(db)} from shop_order where ${where} ${from} order by id ${direction(db, descending)} limit ${limit + 1} offset ${skip}`,
    db<{ total: number }[]>`select count(*) as total from shop_order where ${where}`,
  ]);
  return toPage(rows, limit, totals?.total ?? 0);
};

/** Something of an order that was given back. Minor units. */
export interface OrderRefund {
  id: string;
  orderId: string;
  amount: number;
  discountAmount: number;
  items: { item: number | null; quantity: number; amount: number; discount_amount: number }[];
  /** The redemptions that were taken back with it. */
  redemptions: string[];
  reason: string | null;
  metadata: Record<string, unknown> | null;
  createdAt: Date;
}

export const insertRefund = (db: Db, projectId: string, refund: OrderRefund, apiKeyId: string) => db`
  insert into order_refund (project_id, id, order_id, amount, discount_amount, items, redemptions, reason, metadata, api_key_id, created_at)
  values (${projectId}, ${refund.id}, ${refund.orderId}, ${refund.amount}, ${refund.discountAmount}, ${db.json(refund.items)},
    ${refund.redemptions}, ${refund.reason}, ${refund.metadata && db.json(refund.metadata as never)}, ${apiKeyId}, ${refund.createdAt})`;

export const findRefunds = (db: Db, projectId: string, orderId: string) => db<OrderRefund[]>`
  select id, order_id, amount, discount_amount, items, redemptions, reason, metadata, created_at from order_refund
  where project_id = ${projectId} and order_id = ${orderId} order by id limit 1000`;
