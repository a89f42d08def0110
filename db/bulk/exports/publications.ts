import { any, text, time, type ExportSource } from './source.ts';

export const publications: ExportSource = {
  fields: {
    id: text((db) => db`to_jsonb(x.id)`),
    voucher_code: any(
      (db) => db`case when cardinality(x.codes) = 1 then to_jsonb(x.codes[1]) else to_jsonb(array_to_string(x.codes, ' ')) end`,
    ),
    customer_id: text((db) => db`to_jsonb(x.customer_id)`),
    customer_source_id: text((db) => db`to_jsonb(u.source_id)`),
    date: time((db) => db`to_jsonb(x.created_at)`),
    created_at: time((db) => db`to_jsonb(x.created_at)`),
    channel: text((db) => db`to_jsonb(x.channel)`),
    campaign: text((db) => db`to_jsonb(c.name)`),
    campaign_id: text((db) => db`to_jsonb(x.campaign_id)`),
    source_id: text((db) => db`to_jsonb(x.source_id)`),
    result: text((db) => db`to_jsonb(x.result)`),
    failure_code: text((db) => db`to_jsonb(x.failure_code)`),
    is_winner: any((db) => db`null::jsonb`),
    metadata: any((db) => db`x.metadata`),
  },
  defaults: ['voucher_code', 'customer_id', 'customer_source_id', 'date', 'channel', 'campaign', 'result', 'metadata'],
  from: (db) => db`publication x
    left join campaign c on c.project_id = x.project_id and c.id = x.campaign_id
    left join customer u on u.project_id = x.project_id and u.id = x.customer_id`,
};
