import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfiguration, requireServices } from '../../bin/configuration.ts';
import { createCore } from '../../bin/core.ts';
import type { ProjectKeys } from '../../bin/data-folder.ts';
import { firstStart } from '../../bin/first-start.ts';
import { wireApi } from '../../bin/api-wiring.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { hostile, spoiled, valueOf } from '../harness/hostile.ts';
import { smtpUrl } from '../harness/mailbox.ts';
import { temporalAddress } from '../harness/temporal.ts';

type Schema = Record<string, unknown>;

interface Operation {
  path: string;
  method: string;
  client: boolean;
  parameters: { name: string; in: 'path' | 'query'; schema: Schema; style?: string }[];
  body: Schema | null;
  responses: Record<string, Schema>;
}

interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | null;
}

/** How many requests each operation gets. */
const EACH = Number(process.env['FUZZ_EACH'] ?? 4);
const SEED = Number(process.env['FUZZ_SEED'] ?? 42);
const AT_ONCE = 8;
const ORIGIN = 'https://shop.example';

/** They would change how all the others are answered. */
const LEFT_OUT = new Set(['put /v1/rate-limits', 'delete /v1/api-keys/{id}', 'put /v1/api-keys/{id}']);

let database: TestDatabase;
let server: Server;
let keys: ProjectKeys;
let close: () => Promise<void>;
let port = 0;
let document: Schema;

const auth = (client: boolean): Record<string, string> =>
  client
    ? { 'X-Client-Application-Id': keys.appId, 'X-Client-Token': keys.publishableKey, Origin: ORIGIN }
    : { 'X-App-Id': keys.appId, 'X-App-Token': keys.secretKey };

/** As fetch would not send it: paths and headers go out as they are. */
const send = ({ method, path, headers, body }: Sent): Promise<{ status: number; text: string; type: string }> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          text: Buffer.concat(chunks).toString(),
          type: answer.headers['content-type'] ?? '',
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body ?? undefined);
  });

const post = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
  const answer = await send({
    method: 'POST',
    path,
    headers: { ...auth(false), 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status, answer.text).toBe(200);
  return JSON.parse(answer.text) as Record<string, unknown>;
};

beforeAll(async () => {
  database = await createDatabase();
  const configuration = requireServices(
    readConfiguration({
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: temporalAddress(),
      SMTP_URL: smtpUrl(),
      COUPONRY_SECRET_KEY: randomBytes(32).toString('base64'),
      COUPONRY_TASK_QUEUE_PREFIX: `fuzz-${randomBytes(4).toString('hex')}`,
      LOG_LEVEL: process.env['FUZZ_LOG'] ?? 'silent',
    }),
  );
  const core = await createCore(configuration, 'fuzz');
  keys = (await firstStart({ sql: core.sql, configuration, kept: { read: () => null, write: () => {} }, log: () => {} })).projects.sandbox;
  const api = wireApi(core, configuration);
  await api.prepare();
  server = createServer(api.app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  document = (await (await fetch(`http://127.0.0.1:${port}/openapi.json`)).json()) as Schema;
  close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await api.close();
    await core.close();
  };
});

afterAll(async () => {
  await close();
  await database.drop();
});

const operationsOf = (): Operation[] =>
  Object.entries(document['paths'] as Record<string, Record<string, Schema>>).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      if (LEFT_OUT.has(`${method} ${path}`)) return [];
      const content = (operation['requestBody'] as { content: Record<string, { schema: Schema }> } | undefined)?.content;
      const parameters = (operation['parameters'] as Operation['parameters']).filter((parameter) => parameter.in !== undefined);
      return [
        {
          path,
          method,
          client: path.startsWith('/client/'),
          parameters,
          body: content?.['application/json']?.schema ?? null,
          responses: operation['responses'] as Record<string, Schema>,
        },
      ];
    }),
  );

const asText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

/** A text that a path can hold; what percent-encoding cannot write goes out raw. */
const inPath = (value: unknown): string => {
  const text = asText(value);
  return text.isWellFormed() ? encodeURIComponent(text.slice(0, 400)) || '%20' : '%ED%A0%80';
};

const TYPES = [
  'application/json',
  'application/json',
  'application/json; charset=utf-8',
  'application/json; charset=latin1',
  'text/plain',
  'application/xml',
  'multipart/form-data',
  'nonsense',
  '',
];

/** Requests of an operation: hostile, or as it asks for with one thing spoiled. @param known ids and names that exist */
const requestsOf = (operation: Operation, known: readonly string[]): fc.Arbitrary<Sent> => {
  const names = fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(...known) },
    hostile.map(asText),
    fc.constant('%00'),
    fc.constant('a%2Fb'),
  );
  const query = operation.parameters.filter((parameter) => parameter.in === 'query');
  const pairs = fc.array(
    fc.tuple(
      fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom(...query.map(({ name }) => name), 'unknown') },
        fc.constantFrom('a[b][c]', 'limit[]', '[', 'filters[junction]', '__proto__[x]'),
      ),
      fc.oneof(hostile.map(asText), fc.constantFrom(...known), fc.constantFrom('1', '100', 'true', 'created_at', '-created_at')),
    ),
    { maxLength: 3 },
  );
  const required = query.map((parameter) => valueOf(document, parameter.schema).map((value) => [parameter.name, value] as const));
  const body = operation.body
    ? fc
        .tuple(valueOf(document, operation.body), hostile, fc.nat({ max: 1_000_000 }), fc.nat({ max: 9 }))
        .map(([value, by, at, how]) => (how < 3 ? value : spoiled(value, by, at)))
    : fc.constant(null);
  return fc
    .record({
      params: fc.array(names, { minLength: 3, maxLength: 3 }),
      pairs,
      told: fc.tuple(...required),
      withTold: fc.integer({ min: 0, max: 3 }),
      body,
      type: fc.nat({ max: 40 }).map((at) => TYPES[at] ?? 'application/json'),
      cut: fc.nat({ max: 30 }),
    })
    .map(({ params, pairs: odd, told, withTold, body: value, type, cut }) => {
      let at = 0;
      const path = operation.path.replaceAll(/\{\w+\}/g, () => {
        const name = params[at++ % params.length]!;
        return name.startsWith('%') || name.includes('%2F') ? name : inPath(name);
      });
      const plain = withTold > 0 ? told.filter(([, each]) => typeof each !== 'object') : [];
      const search = [...plain, ...(withTold < 2 ? odd : [])].map(
        ([name, each]) => `${inPath(name).replaceAll('%5B', '[').replaceAll('%5D', ']')}=${inPath(each)}`,
      );
      const text = value === null && operation.body === null ? null : (JSON.stringify(value) ?? '');
      return {
        method: operation.method.toUpperCase(),
        path: path + (search.length > 0 ? `?${search.join('&')}` : ''),
        headers: { ...auth(operation.client), ...(text !== null && type !== '' && { 'Content-Type': type }) },
        body: text === null ? null : cut === 0 ? text.slice(0, -1) : text,
      };
    });
};

const escaped = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');

/** The path of a validation in a browser stands in a variable of the SDK. */
const IN_VARIABLES = ['get /client/v1/validate', 'get /client/v1/promotions/validation'];

/** Every method and path that the SDK calls, as its source writes them: `this.client.get(\`/vouchers/${…}\`)`. */
const callsOf = (source: string): string[] => [
  ...source.split(/\nclass /).flatMap((text) => {
    const prefix = text.startsWith('ClientSide ') ? '/client/v1' : '/v1';
    return [...text.matchAll(/this\.client\.(get|post|put|delete)\(([\s\S]*?)\);/g)].flatMap(([, method, args]) =>
      [...args!.matchAll(/(['`])(\/[^'`]*)\1/g)].map(([, , written]) => `${method} ${prefix}${written!.replaceAll(/\$\{[^}]*\}/g, '{}')}`),
    );
  }),
  ...IN_VARIABLES,
];

test('every call of the official SDK has its operation', () => {
  const sdk = path.join(import.meta.dirname, '../../node_modules/@voucherify/sdk/dist/voucherifysdk.esm.js');
  const calls = new Set(callsOf(readFileSync(sdk, 'utf8')));
  expect(calls.size).toBeGreaterThan(180);
  const operations = new Set(
    Object.entries(document['paths'] as Record<string, Record<string, Schema>>).flatMap(([at, methods]) =>
      Object.keys(methods).map((method) => `${method} ${at.replaceAll(/\{[^}]*\}/g, '{}')}`),
    ),
  );
  const missing = [...calls].filter((call) => !operations.has(call));
  expect(missing.toSorted()).toEqual([]);
});

test('no request brings the API down, and no answer is one that its document does not know', async () => {
  const campaign = await post('/v1/campaigns', {
    name: 'Fuzz',
    vouchers_count: 3,
    voucher: { discount: { type: 'PERCENT', percent_off: 10 }, code_config: { pattern: 'F-########' } },
  });
  const voucher = await post('/v1/vouchers/FUZZ', { discount: { type: 'AMOUNT', amount_off: 100 } });
  const customer = await post('/v1/customers', { source_id: 'fuzz', email: 'fuzz@example.com' });
  const redeemed = await post('/v1/redemptions', {
    redeemables: [{ object: 'voucher', id: 'FUZZ' }],
    customer: { source_id: 'fuzz' },
    order: { id: 'fuzz-order', amount: 1_000 },
  });
  const [redemption] = redeemed['redemptions'] as { id: string }[];
  const known = [
    'Fuzz',
    'FUZZ',
    'fuzz',
    'fuzz-order',
    ...[campaign, voucher, customer, redemption!].map((each) => String(each['id' as never])),
    'signup',
    'welcome',
  ];

  const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false });
  ajv.addSchema(document, 'api');
  const checkerOf = (operation: Operation, status: number): ValidateFunction | undefined => {
    const place = `api#/paths/${escaped(operation.path)}/${operation.method}/responses/${status}/content/application~1json/schema`;
    return operation.responses[status]?.['content'] === undefined ? undefined : ajv.getSchema(place);
  };

  const queue = operationsOf().flatMap((operation) =>
    fc.sample(requestsOf(operation, known), { numRuns: EACH, seed: SEED }).map((sent) => ({ operation, sent })),
  );
  const problems: string[] = [];
  const statuses: Record<number, number> = {};
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { operation, sent } = next;
      const { status, text, type } = await send(sent);
      statuses[status] = (statuses[status] ?? 0) + 1;
      const told = `${sent.method} ${sent.path.slice(0, 200)} (${sent.headers['Content-Type'] ?? ''}) ${(sent.body ?? '').slice(0, 400)} → ${status} ${text.slice(0, 300)}`;
      if (status >= 500) problems.push(`fails: ${told}`);
      else if (operation.responses[status] === undefined && !(status === 404 || status === 405))
        problems.push(`is not documented: ${told}`);
      else if (type.startsWith('application/json')) {
        const check = checkerOf(operation, status);
        if (check && !check(JSON.parse(text)))
          problems.push(`is not as documented (${ajv.errorsText(check.errors?.slice(0, 2))}): ${told}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  expect(problems, JSON.stringify(statuses)).toEqual([]);
  // Not all of it was turned away at the door.
  expect(statuses[200]).toBeGreaterThan(30);
}, 60_000);
