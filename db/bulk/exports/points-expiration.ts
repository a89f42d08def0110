import { number, text, time, type ExportSource } from './source.ts';

/** When points of loyalty cards expire, and how many did. */
export const pointsExpiration: ExportSource = {
  fields: {
    id: text((db) => db`to_jsonb(x.id)`),
    campaign_id: text((db) => db`to_jsonb(x.campaign_id)`),
    voucher_id: text((db) => db`to_jsonb(x.voucher_id)`),
    points: number((db) => db`to_jsonb(case when x.remaining > 0 then x.remaining when x.expired > 0 then x.expired else x.points end)`),
    status: text((db) => db`to_jsonb(case when x.remaining > 0 then 'ACTIVE' when x.expired > 0 then 'EXPIRED' else 'USED' end)`),
    expires_at: time((db) => db`to_jsonb(x.expires_at)`),
    created_at: time((db) => db`to_jsonb(x.created_at)`),
  },
  defaults: ['id', 'campaign_id', 'voucher_id', 'status', 'expires_at', 'points'],
  from: (db) => db`(select b.*, null::jsonb as metadata from points_bucket b where b.expires_at is not null) x`,
};
