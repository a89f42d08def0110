import type { Db } from '../../client.ts';
import { any, number, text, time, type ExportSource } from './source.ts';

/** What it is worth: its own definition, or its campaign's template at the revision that counts for it. */
const template = (db: Db) => db`coalesce(x.definition, t.template)`;

export const vouchers: ExportSource = {
  fields: {
    id: text((db) => db`to_jsonb(x.id)`),
    code: text((db) => db`to_jsonb(x.code)`),
    voucher_type: text((db) => db`to_jsonb(x.type)`),
    value: number(
      (db) => db`coalesce(${template(db)} #> '{discount,percent_off}', ${template(db)} #> '{discount,amount_off}',
        ${template(db)} #> '{discount,unit_off}', ${template(db)} #> '{discount,fixed_amount}', to_jsonb(x.gift_amount), to_jsonb(x.loyalty_points))`,
    ),
    discount_type: text((db) => db`${template(db)} #> '{discount,type}'`),
    discount_amount_limit: number((db) => db`${template(db)} #> '{discount,amount_limit}'`),
    discount_unit_type: text((db) => db`${template(db)} #> '{discount,unit_type}'`),
    discount_unit_effect: text((db) => db`${template(db)} #> '{discount,effect}'`),
    campaign: text((db) => db`to_jsonb(c.name)`),
    campaign_id: text((db) => db`to_jsonb(x.campaign_id)`),
    category: text((db) => db`to_jsonb(x.category)`),
    start_date: time((db) => db`to_jsonb(x.start_date)`),
    expiration_date: time((db) => db`to_jsonb(x.expiration_date)`),
    gift_balance: number((db) => db`to_jsonb(x.gift_balance)`),
    loyalty_balance: number((db) => db`to_jsonb(x.loyalty_balance)`),
    redemption_quantity: number((db) => db`to_jsonb(x.quantity)`),
    redemption_count: number((db) => db`to_jsonb(x.redeemed_quantity)`),
    active: any((db) => db`to_jsonb(x.active)`),
    qr_code: text((db) => db`null::jsonb`),
    bar_code: text((db) => db`null::jsonb`),
    metadata: any((db) => db`x.metadata`),
    is_referral_code: any((db) => db`to_jsonb(coalesce(c.campaign_type = 'REFERRAL_PROGRAM', false))`),
    created_at: time((db) => db`to_jsonb(x.created_at)`),
    updated_at: time((db) => db`to_jsonb(x.updated_at)`),
    published_at: time((db) => db`to_jsonb(x.published_at)`),
    validity_timeframe_interval: text((db) => db`${template(db)} #> '{validity_timeframe,interval}'`),
    validity_timeframe_duration: text((db) => db`${template(db)} #> '{validity_timeframe,duration}'`),
    validity_day_of_week: any((db) => db`${template(db)} #> '{validity_day_of_week}'`),
    additional_info: text((db) => db`to_jsonb(x.additional_info)`),
    customer_id: text((db) => db`to_jsonb(x.holder_id)`),
    customer_source_id: text((db) => db`to_jsonb(u.source_id)`),
  },
  defaults: [
    'code',
    'voucher_type',
    'value',
    'discount_type',
    'campaign',
    'category',
    'start_date',
    'expiration_date',
    'redemption_quantity',
    'redemption_count',
    'active',
    'metadata',
  ],
  from: (db) => db`voucher x
    left join campaign c on c.project_id = x.project_id and c.id = x.campaign_id
    left join campaign_template t on t.project_id = x.project_id and t.campaign_id = x.campaign_id
      and t.revision = case c.type when 'AUTO_UPDATE' then c.revision else x.template_revision end
    left join customer u on u.project_id = x.project_id and u.id = x.holder_id`,
};
