import { connect } from '../../db/client.ts';
import { createSecretBox } from '../../db/secret-box.ts';
import { createWebhookEngine } from './webhooks.ts';

/** Drains one endpoint in a process of its own, which a test can kill: node webhook-worker.ts DATABASE ENDPOINT KEY LEASE_MS */
const [databaseUrl = '', id = '', key = '', leaseMs = ''] = process.argv.slice(2);
const engine = createWebhookEngine(connect(databaseUrl), createSecretBox(Buffer.from(key, 'hex')), {
  leaseMs: Number(leaseMs),
  timeoutMs: 30_000,
});
await engine.drain({ id });
process.exit(0);
