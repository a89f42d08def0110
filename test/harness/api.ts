import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp, type AppDeps } from '../../api/app.ts';
import { createMetadataSchemas } from '../../api/catalogue/metadata-schemas.ts';
import { createResourceRoutes } from '../../api/resource-routes.ts';
import type { Route } from '../../api/http/route.ts';
import type { Sql } from '../../db/client.ts';
import type { TestProject } from './project.ts';

export interface Reply {
  status: number;
  headers: Headers;
  // What comes over the wire is what a test is about.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

export interface TestApi {
  url: string;
  /** Every error that was told to the log, which holds what nobody foresaw. */
  errors: unknown[];
  /** Sends JSON as this project's server would. */
  as: (project: TestProject) => (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>;
  send: (path: string, init: RequestInit) => Promise<Reply>;
  stop: () => Promise<void>;
}

export const resourceRoutes = (sql: Sql): Route[] => createResourceRoutes({ sql, now: () => new Date(), randomBytes });

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** The application on a port of its own. */
export const startApi = async (sql: Sql, more: Partial<AppDeps> = {}): Promise<TestApi> => {
  const errors: unknown[] = [];
  const log = { error: (entry: unknown) => void errors.push(entry) } as AppDeps['log'];
  const app = createApp({
    sql,
    log,
    metadata: createMetadataSchemas({ sql }),
    routes: resourceRoutes(sql),
    routers: [],
    checks: {},
    ...more,
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const send = async (path: string, init: RequestInit): Promise<Reply> => {
    const response = await fetch(url + path, init);
    return { status: response.status, headers: response.headers, body: parse(await response.text()) };
  };
  return {
    url,
    errors,
    send,
    as: (project) => (method, path, body, headers) =>
      send(path, {
        method,
        headers: { 'X-App-Id': project.appId, 'X-App-Token': project.secretKey, 'Content-Type': 'application/json', ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
