import type { Sql } from '../client.ts';
import { markSending, type MessageToSend } from './leases.ts';
import { recordResults, type DeliveryResult } from './results.ts';
import { withRetries } from './retries.ts';

/** What a drain has to write down at one moment. */
export interface DrainBooks {
  lease: string;
  /** How some ended. */
  results: DeliveryResult[];
  /** Which are about to go on the wire. */
  sending: MessageToSend[];
  now: Date;
  /** Until when those are this drain's. */
  until: Date;
}

/**
 * Writes both down with one commit.
 * @returns the ids that may be sent; what is missing was paused, moved or taken by another drain meanwhile
 */
export const keepBooks = async (sql: Sql, { results, sending, ...lease }: DrainBooks): Promise<Set<string>> => {
  if (results.length === 0) return markSending(sql, sending, lease);
  return withRetries(() =>
    sql.begin(async (tx) => {
      await recordResults(tx, lease.lease, results);
      return sending.length === 0 ? new Set<string>() : markSending(tx, sending, lease);
    }),
  );
};
