import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApi, type TestApi } from '../harness/api.ts';
import { checkoutRoutes, createCheckout } from '../harness/checkout.ts';
import type { Route } from '../../api/http/route.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';

let database: TestDatabase;
let api: TestApi;
let routes: Route[];
let failing: Error | null = null;

beforeAll(async () => {
  database = await createDatabase();
  const check = async () => {
    if (failing) throw failing;
  };
  routes = checkoutRoutes(database.sql, createCheckout(database.sql));
  api = await startApi(database.sql, { routes, checks: { postgres: () => database.sql`select 1`, temporal: check } });
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

describe('/openapi.json', () => {
  test('is an OpenAPI 3.1 document whose references lead somewhere', async () => {
    const { status, headers, body } = await api.send('/openapi.json', {});
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('application/json');
    expect(body.openapi).toBe('3.1.0');
    const validator = new Validator();
    expect(await validator.validate(structuredClone(body))).toEqual({ valid: true });
    for (const [name, schema] of Object.entries(body.components.schemas)) expect(schema, name).not.toHaveProperty('$ref');
    const references = [...JSON.stringify(body).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1]!.split('/'));
    expect(references.length).toBeGreaterThan(50);
    for (const path of references)
      expect(
        path.reduce((node: unknown, name) => (node as Record<string, unknown> | undefined)?.[name], body),
        path.join('/'),
      ).toBeDefined();
  });

  test('names every route, with its security and the answers that it can give', async () => {
    const { body } = await api.send('/openapi.json', {});
    for (const route of routes) {
      const operation = body.paths[route.path]?.[route.method];
      expect(operation, `${route.method} ${route.path}`).toMatchObject({ summary: route.summary, security: expect.any(Array) });
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['400', '401', '403', '429', '500']));
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(Object.keys(route.responses)));
      expect(route.params === undefined || operation.responses['404'] !== undefined).toBe(true);
      expect(operation.requestBody?.content['application/json']?.schema !== undefined).toBe(route.body !== undefined);
    }
    const ids = Object.values<Record<string, { operationId: string }>>(body.paths).flatMap((path) =>
      Object.values(path).map((each) => each.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test('/docs comes from here, styles and scripts included', async () => {
  const page = await fetch(`${api.url}/docs`);
  const html = await page.text();
  expect(page.status).toBe(200);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
  const assets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
  expect(assets.length).toBeGreaterThan(3);
  for (const asset of assets) expect((await fetch(new URL(asset, page.url))).status, asset).toBe(200);
  const init = await (await fetch(new URL('swagger-ui-init.js', page.url))).text();
  expect(init).toContain('/openapi.json');
});

describe('health', () => {
  test('/healthz says that the process lives', async () => {
    expect(await api.send('/healthz', {})).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  test('/readyz says what does not work, and that it works again', async () => {
    expect(await api.send('/readyz', {})).toMatchObject({ status: 200, body: { checks: { postgres: 'ok', temporal: 'ok' } } });
    failing = new Error('connection refused');
    expect(await api.send('/readyz', {})).toMatchObject({
      status: 503,
      body: { status: 'not ready', checks: { postgres: 'ok', temporal: 'connection refused' } },
    });
    failing = null;
    expect((await api.send('/readyz', {})).status).toBe(200);
  });
});
