import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { expect } from 'vitest';
import { drainDestination } from '../../activities/delivery/drain.ts';
import type { SvixServer } from '../../activities/delivery/svix/client.ts';
import { createSvixTransport } from '../../activities/delivery/svix/transport.ts';
import { createEndpointRoutes } from '../../api/routes/endpoints.ts';
import { createEventRoutes } from '../../api/routes/events.ts';
import { createFanOut } from '../../relay/fan-out.ts';
import { startApi, type Reply } from './api.ts';
import { createDatabase } from './database.ts';
import { createProject, type TestProject } from './project.ts';
import { createTestRelay, until } from './relay.ts';
import { testBox } from './webhook-source.ts';

/** A webhook that is handed to Svix. */
interface SvixRow {
  id: string;
  eventId: string;
  type: string;
  state: string;
  reason: string | null;
  attempts: number;
  status: number | null;
}

/** A shop whose webhooks a Svix server delivers. */
export const openSvixShop = async () => {
  const database = await createDatabase();
  const { sql } = database;
  const now = () => new Date();
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  const relay = createTestRelay({ sql, client: new Client({ connection }), routes: [createFanOut({ now, svix: true })] });
  relay.start();
  const deps = { sql, box: testBox, now, randomBytes, addresses: { nets: ['127.0.0.1'], ports: [443] }, svix: true };
  const api = await startApi(sql, { routes: [...createEndpointRoutes(deps), ...createEventRoutes(deps)] });
  let shop: TestProject;
  let transport: ReturnType<typeof createSvixTransport>;

  const call = (method: string, path: string, body?: unknown): Promise<Reply> => api.as(shop)(method, `/v1/webhooks${path}`, body);

  return {
    sql,
    call,
    /** A new project, and a process that has told this server nothing yet. */
    begin: async (server: SvixServer): Promise<TestProject> => {
      shop = await createProject(sql);
      transport = createSvixTransport({ sql, box: testBox, now, server });
      return shop;
    },
    /** As a worker that starts again: what was told is forgotten. */
    restart: (server: SvixServer): void => {
      transport = createSvixTransport({ sql, box: testBox, now, server });
    },
    create: async (body: object = {}): Promise<Reply['body']> => {
      const made = await call('POST', '/endpoints', { url: 'http://127.0.0.1:9/hooks', ...body });
      expect(made.status, JSON.stringify(made.body)).toBe(200);
      return made.body;
    },
    tell: async (...events: string[]): Promise<void> => {
      for (const event of events) await api.as(shop)('POST', '/v1/events', { event, customer: { source_id: 'crm-1' } });
      await until('all events were routed', async () => {
        const waiting = await sql`select 1 from outbox where project_id = ${shop.project.id}`;
        return waiting.length === 0;
      });
    },
    /** Hands over all that waits, whenever it is due. */
    drain: async (): Promise<void> => {
      const [destination] = await sql<{ id: string }[]>`select id from destination where project_id = ${shop.project.id} and kind = 'svix'`;
      const id = destination?.id ?? '';
      await sql`delete from destination_health where destination_id = ${id}`;
      await sql`update delivery set due_at = now() - interval '1 second' where destination_id = ${id} and state = 'planned'`;
      await drainDestination({ sql, now, random: () => 0.5, transports: { svix: transport } }, id, new AbortController().signal);
    },
    rows: () => sql<SvixRow[]>`
      select d.id, d.event_id, d.payload ->> 'type' as type, d.state, d.reason, d.attempts, a.status from delivery d
      join destination t on t.id = d.destination_id and t.kind = 'svix'
      left join delivery_attempt a on a.delivery_id = d.id and a.number = d.attempts
      where d.project_id = ${shop.project.id} order by d.id`,
    close: async (): Promise<void> => {
      await api.stop();
      await relay.stop();
      await connection.close();
      await database.drop();
    },
  };
};
