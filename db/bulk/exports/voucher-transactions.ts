import { any, number, text, time, type ExportSource } from './source.ts';

/** The accounts of gift cards and of loyalty cards, whose amounts are points. */
export const voucherTransactions: ExportSource = {
  fields: {
    id: text((db) => db`to_jsonb(x.id)`),
    campaign_id: text((db) => db`to_jsonb(x.campaign_id)`),
    voucher_id: text((db) => db`to_jsonb(x.voucher_id)`),
    type: text((db) => db`to_jsonb(x.type)`),
    source_id: text((db) => db`to_jsonb(x.source_id)`),
    reason: text((db) => db`to_jsonb(x.reason)`),
    source: text((db) => db`case when x.type ~ '_(ADDITION|REMOVAL|TRANSFER_IN|TRANSFER_OUT)$' then to_jsonb('API'::text) end`),
    balance: number((db) => db`to_jsonb(x.balance)`),
    amount: number((db) => db`to_jsonb(x.amount)`),
    related_transaction_id: text((db) => db`to_jsonb(x.related_id)`),
    created_at: time((db) => db`to_jsonb(x.created_at)`),
    details: any(
      (
        db,
      ) => db`jsonb_strip_nulls(x.details || jsonb_build_object('balance', jsonb_build_object('total', x.total, 'amount', x.amount, 'balance', x.balance),
        'redemption', x.redemption_id, 'rollback', x.rollback_id))`,
    ),
  },
  defaults: ['id', 'type', 'source_id', 'reason', 'source', 'balance', 'amount', 'created_at'],
  from: (db) => db`(
    select project_id, id, voucher_id, campaign_id, type, amount, balance, total, source_id, reason, redemption_id, rollback_id, related_id, created_at,
      jsonb_build_object('order', "order"::jsonb) as details, null::jsonb as metadata
    from gift_transaction
    union all
    select project_id, id, voucher_id, campaign_id, type, points, balance, total, source_id, reason, redemption_id, rollback_id, related_id, created_at,
      details, null::jsonb
    from points_transaction) x`,
};
