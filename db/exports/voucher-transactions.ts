import { any, number, text, time, type ExportSource } from './source.ts';

/** The accounts of gift cards. */
export const voucherTransactions: ExportSource = {
  fields: {
    id: text((db) => db`to_jsonb(x.id)`),
    campaign_id: text((db) => db`to_jsonb(x.campaign_id)`),
    voucher_id: text((db) => db`to_jsonb(x.voucher_id)`),
    type: text((db) => db`to_jsonb(x.type)`),
    source_id: text((db) => db`to_jsonb(x.source_id)`),
    reason: text((db) => db`to_jsonb(x.reason)`),
    source: text((db) => db`case when x.type in ('CREDITS_ADDITION', 'CREDITS_REMOVAL') then to_jsonb('API'::text) end`),
    balance: number((db) => db`to_jsonb(x.balance)`),
    amount: number((db) => db`to_jsonb(x.amount)`),
    related_transaction_id: text((db) => db`to_jsonb(x.related_id)`),
    created_at: time((db) => db`to_jsonb(x.created_at)`),
    details: any(
      (
        db,
      ) => db`jsonb_strip_nulls(jsonb_build_object('balance', jsonb_build_object('total', x.total, 'amount', x.amount, 'balance', x.balance),
        'redemption', x.redemption_id, 'rollback', x.rollback_id, 'order', x."order"::jsonb))`,
    ),
  },
  defaults: ['id', 'type', 'source_id', 'reason', 'source', 'balance', 'amount', 'created_at'],
  from: (db) => db`(select t.*, null::jsonb as metadata from gift_transaction t) x`,
};
