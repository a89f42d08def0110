import { NativeConnection, Worker } from '@temporalio/worker';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createBulkActivities } from '../../activities/bulk/bulk-activities.ts';
import { connect } from '../../db/client.ts';

/** A worker of bulk work in a process of its own, which a test can kill: node bulk-worker.ts DATABASE TEMPORAL TASK_QUEUE BATCH */
const [databaseUrl = '', address = '', taskQueue = '', batch = ''] = process.argv.slice(2);

const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  taskQueue,
  workflowsPath: fileURLToPath(new URL('../../workflows/async-action.ts', import.meta.url)),
  activities: createBulkActivities({ sql: connect(databaseUrl), now: () => new Date(), randomBytes, batch: Number(batch) }),
});
process.stdout.write('ready\n');
await worker.run();
