import type { Db } from '../../client.ts';
import { any, number, text, time, type ExportSource } from './source.ts';

const address = (name: string) => text((db) => db`x.address -> ${name}`);

const redeemed = (where: (db: Db) => ReturnType<Db>) =>
  number(
    (db) => db`(select to_jsonb(count(*)) from redemption r where r.project_id = x.project_id and r.customer_id = x.id and ${where(db)})`,
  );

const ofOrders = (what: (db: Db) => ReturnType<Db>) => (db: Db) =>
  db`(select to_jsonb(${what(db)}) from shop_order o where o.project_id = x.project_id and o.customer_id = x.id)`;

const lastOrder = (what: (db: Db) => ReturnType<Db>) => (db: Db) =>
  db`(select to_jsonb(${what(db)}) from shop_order o where o.project_id = x.project_id and o.customer_id = x.id order by o.id desc limit 1)`;

export const customers: ExportSource = {
  fields: {
    id: text((db) => db`to_jsonb(x.id)`),
    source_id: text((db) => db`to_jsonb(x.source_id)`),
    name: text((db) => db`to_jsonb(x.name)`),
    email: text((db) => db`to_jsonb(x.email)`),
    phone: text((db) => db`to_jsonb(x.phone)`),
    description: text((db) => db`to_jsonb(x.description)`),
    birthday: time((db) => db`to_jsonb(x.birthdate)`),
    birthdate: time((db) => db`to_jsonb(x.birthdate)`),
    address_city: address('city'),
    address_state: address('state'),
    address_line_1: address('line_1'),
    address_line_2: address('line_2'),
    address_country: address('country'),
    address_postal_code: address('postal_code'),
    timezone: text((db) => db`to_jsonb(x.timezone)`),
    locale: text((db) => db`to_jsonb(x.locale)`),
    redemptions_total_redeemed: redeemed((db) => db`r.object = 'redemption'`),
    redemptions_total_failed: redeemed((db) => db`r.object = 'redemption' and r.result = 'FAILURE'`),
    redemptions_total_succeeded: redeemed((db) => db`r.object = 'redemption' and r.result = 'SUCCESS'`),
    redemptions_total_rolled_back: redeemed((db) => db`r.object = 'redemption_rollback'`),
    redemptions_total_rollback_failed: redeemed((db) => db`r.object = 'redemption_rollback' and r.result = 'FAILURE'`),
    redemptions_total_rollback_succeeded: redeemed((db) => db`r.object = 'redemption_rollback' and r.result = 'SUCCESS'`),
    orders_total_amount: number(ofOrders((db) => db`coalesce(sum(o.amount), 0)`)),
    orders_total_count: number(ofOrders((db) => db`count(*)`)),
    orders_average_amount: number(ofOrders((db) => db`coalesce(round(avg(o.amount)), 0)`)),
    orders_last_order_amount: number(lastOrder((db) => db`o.amount`)),
    orders_last_order_date: time(lastOrder((db) => db`o.created_at`)),
    loyalty_points: number(
      (db) =>
        db`(select to_jsonb(coalesce(sum(v.loyalty_points), 0)::bigint) from voucher v where v.project_id = x.project_id and v.holder_id = x.id)`,
    ),
    loyalty_referred_customers: number(
      (db) => db`(select to_jsonb(count(*)) from referral f where f.project_id = x.project_id and f.referrer_id = x.id)`,
    ),
    created_at: time((db) => db`to_jsonb(x.created_at)`),
    updated_at: time((db) => db`to_jsonb(x.updated_at)`),
    unsubscribed_at: time((db) => db`to_jsonb(x.unsubscribed_at)`),
    metadata: any((db) => db`x.metadata`),
  },
  defaults: [
    'name',
    'source_id',
    'email',
    'phone',
    'description',
    'birthdate',
    'address_city',
    'address_country',
    'created_at',
    'metadata',
  ],
  from: (db) => db`customer x`,
};
