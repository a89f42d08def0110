import type { Db } from './client.ts';

/** A row of the ledger to write. Amounts in minor units; a rollback's is negative. */
export interface NewRedemption {
  id: string;
  object: 'redemption' | 'redemption_rollback';
  result: 'SUCCESS' | 'FAILURE';
  voucherId: string | null;
  code: string | null;
  campaignId: string | null;
  customerId: string | null;
  trackingId: string | null;
  rollbackOf?: string;
  parentId: string | null;
  amount: number;
  order: unknown;
  failureCode?: string;
  failureMessage?: string;
  reason?: string | null;
  metadata: Record<string, unknown> | null;
  trace: unknown;
  apiKeyId: string | null;
}

/** Writes rows of one project in one statement, which is not sent until it is awaited or executed. */
export const insertRedemptions = (db: Db, projectId: string, rows: NewRedemption[], now: Date) => db`
  insert into redemption (project_id, id, object, result, voucher_id, code, campaign_id, customer_id, tracking_id, rollback_of, parent_id, amount,
    "order", failure_code, failure_message, reason, metadata, trace, api_key_id, created_at)
  select ${projectId}, "id", "object", "result", "voucherId", "code", "campaignId", "customerId", "trackingId", "rollbackOf", "parentId", "amount",
    "order", "failureCode", "failureMessage", "reason", "metadata", "trace", "apiKeyId", ${now}
  from json_to_recordset(${JSON.stringify(rows)}::text::json) as r ("id" text, "object" text, "result" text, "voucherId" text, "code" text,
    "campaignId" text, "customerId" text, "trackingId" text, "rollbackOf" text, "parentId" text, "amount" bigint, "order" jsonb,
    "failureCode" text, "failureMessage" text, "reason" text, "metadata" jsonb, "trace" jsonb, "apiKeyId" text)`;
