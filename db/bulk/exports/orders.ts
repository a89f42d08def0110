import type { Db } from '../../client.ts';
import { any, number, text, time, type ExportSource } from './source.ts';

/** What its discounts took of it, those that were taken back left out. */
const discounted = (db: Db, ofItems: boolean | null) => db`(
  select coalesce(sum((d->>'beside')::bigint + (select coalesce(sum(s::bigint), 0) from json_array_elements_text(d->'shares') s)), 0)
  from json_array_elements(x.discounts) d
  where d->'rollback' is null ${ofItems === null ? db`` : db`and (d->>'ofItems')::boolean = ${ofItems}`})`;

export const orders: ExportSource = {
  fields: {
    id: text((db) => db`to_jsonb(x.id)`),
    source_id: text((db) => db`to_jsonb(x.source_id)`),
    created_at: time((db) => db`to_jsonb(x.created_at)`),
    updated_at: time((db) => db`to_jsonb(x.updated_at)`),
    status: text((db) => db`to_jsonb(x.status)`),
    currency: text((db) => db`to_jsonb(x.currency)`),
    amount: number((db) => db`to_jsonb(x.amount)`),
    discount_amount: number((db) => db`to_jsonb(${discounted(db, false)})`),
    items_discount_amount: number((db) => db`to_jsonb(${discounted(db, true)})`),
    total_discount_amount: number((db) => db`to_jsonb(${discounted(db, null)})`),
    total_amount: number((db) => db`to_jsonb(x.amount - ${discounted(db, null)})`),
    customer_id: text((db) => db`to_jsonb(x.customer_id)`),
    referrer_id: text((db) => db`null::jsonb`),
    metadata: any((db) => db`x.metadata::jsonb`),
  },
  defaults: [
    'id',
    'source_id',
    'created_at',
    'updated_at',
    'status',
    'amount',
    'total_discount_amount',
    'total_amount',
    'customer_id',
    'metadata',
  ],
  from: (db) => db`shop_order x`,
};
