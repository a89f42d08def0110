import { MockActivityEnvironment } from '@temporalio/testing';
import { randomBytes } from 'node:crypto';
import { createBulkActivities } from '../../activities/bulk/bulk-activities.ts';
import type { BulkProgress } from '../../activities/bulk/bulk-kind.ts';
import type { Sql } from '../../db/client.ts';

/** Does the work of an action in this process, as a worker does. */
export const workOn = async (sql: Sql, id: string, batch = 10_000): Promise<void> => {
  // An export is an action with a name of its own.
  const actionId = id.replace(/^exp_/, 'aa_');
  const { workOnAction } = createBulkActivities({ sql, now: () => new Date(), randomBytes, batch });
  for (;;) {
    const progress: BulkProgress = await new MockActivityEnvironment().run(workOnAction, { actionId });
    if (progress.finished) return;
  }
};
