import { createServer, type Server } from 'node:http';
import { randomBytes } from 'node:crypto';
import express, { type Router } from 'express';
import { Webhook } from 'standardwebhooks';
import { createClientAddress } from '../../api/http/client-address.ts';
import type { Sql } from '../../db/client.ts';
import { newId } from '../../db/ids.ts';
import { createSecretBox } from '../../db/secret-box.ts';
import { insertSource, type NewSource, type Source } from '../../db/source/sources.ts';
import { standardMapping } from '../../domain/mapping/definition.ts';

export const testBox = createSecretBox(randomBytes(32));

/** What the hooks' router needs besides: everybody is who the socket says, and nothing can be fetched. */
export const openHooks = {
  addressOf: createClientAddress([]),
  fetcher: { get: async () => ({ failure: 'there is no internet here' }) },
};

export interface SignedRequest {
  headers: Record<string, string>;
  body: string;
}

export interface TestSource {
  source: Source;
  secret: string;
  /** A signup of this customer, signed as a CRM would. */
  signup: (sourceId: string, options?: { id?: string; at?: Date; data?: Record<string, unknown>; type?: string }) => SignedRequest;
  /** Any body, signed. */
  sign: (body: string, options?: { id?: string; at?: Date }) => SignedRequest;
}

let made = 0;

/** A source that signs by Standard Webhooks. */
export const createTestSource = async (sql: Sql, projectId: string, settings: Partial<NewSource> = {}): Promise<TestSource> => {
  made += 1;
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  const source = await sql.begin((tx) =>
    insertSource(tx, testBox, projectId, {
      name: `crm ${made}`,
      provider: 'standard-webhooks',
      secret,
      mapping: standardMapping,
      settings: {},
      active: true,
      ...settings,
    }),
  );
  if (!source) throw new Error('the source was not made');
  const sign: TestSource['sign'] = (body, { id = newId('request'), at = new Date() } = {}) => ({
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, at, body),
    },
    body,
  });
  return {
    source,
    secret,
    sign,
    signup: (sourceId, { type = 'customer.signed_up', data = {}, ...options } = {}) => {
      const at = options.at ?? new Date();
      const customer = { id: sourceId, email: `${sourceId}@example.com`, first_name: 'Ada', timezone: 'Europe/Berlin', ...data };
      return sign(JSON.stringify({ type, timestamp: at.toISOString(), data: customer }), options);
    },
  };
};

export interface TestServer {
  url: string;
  close: () => Promise<void>;
}

/** Serves routers on a free port. */
export const serve = async (...routers: Router[]): Promise<TestServer> => {
  const app = express();
  for (const router of routers) app.use(router);
  const server: Server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
