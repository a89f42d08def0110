import { NativeConnection, Worker } from '@temporalio/worker';
import { fileURLToPath } from 'node:url';
import { connect } from '../../db/client.ts';
import { createDeliveryEngine } from './mailing.ts';

/** A worker of deliveries in a process of its own, which a test can kill: node delivery-worker.ts DATABASE TEMPORAL TASK_QUEUE SMTP LEASE_MS */
const [databaseUrl = '', address = '', taskQueue = '', smtpUrl = '', leaseMs = ''] = process.argv.slice(2);

const connection = await NativeConnection.connect({ address });
const engine = createDeliveryEngine(connect(databaseUrl), smtpUrl, { leaseMs: Number(leaseMs) });
const worker = await Worker.create({
  connection,
  taskQueue,
  workflowsPath: fileURLToPath(new URL('../../workflows/destination.ts', import.meta.url)),
  activities: engine.activities,
});
process.stdout.write('ready\n');
await worker.run();
