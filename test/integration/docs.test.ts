import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfiguration, requireServices } from '../../bin/configuration.ts';
import { createCore } from '../../bin/core.ts';
import type { ProjectKeys } from '../../bin/data-folder.ts';
import { firstStart } from '../../bin/first-start.ts';
import { wireApi } from '../../bin/api-wiring.ts';
import { bucketOf } from '../../domain/journey/bucket.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { smtpUrl } from '../harness/mailbox.ts';
import { temporalAddress } from '../harness/temporal.ts';

/** An example in the docs: what is sent, and what at least is answered. */
interface Example {
  title: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  status: number;
  answer: unknown;
}

const folder = new URL('../../docs/', import.meta.url);
const pages = readdirSync(folder).filter((file) => file.endsWith('.md'));
const textOf = (page: string): string => readFileSync(new URL(page, folder), 'utf8');

const blocksOf = (page: string, kind: string): string[] =>
  [...textOf(page).matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].filter((match) => match[1] === kind).map((match) => match[2] as string);

const readExample = (block: string, number: number): Example => {
  const [request = '', answer = ''] = block.split(/^(?=HTTP )/m);
  const [head = '', ...body] = request.trim().split('\n\n');
  const [first = '', ...headers] = head.split('\n');
  const [method = '', path = ''] = first.split(' ');
  const [, status = '', json = 'null'] = /^HTTP (\d{3})\s*([\s\S]*)$/.exec(answer.trim()) ?? [];
  return {
    title: `${number + 1}: ${first}`,
    method,
    path,
    headers: Object.fromEntries(headers.map((line) => line.split(': ') as [string, string])),
    body: body.join('\n\n'),
    status: Number(status),
    answer: JSON.parse(json),
  };
};

/** An id of ours as the docs write one: whatever it turns out to be stands for it in the examples after it. */
const ID = /\b[a-z]+_0192[0-9a-f]+\b/g;

/** The answer that is expected, with the ids that were made. */
const withIds = (expected: unknown, actual: unknown, ids: Map<string, string>): unknown => {
  if (typeof expected === 'string' && expected.replace(ID, '') === '' && expected !== '') {
    if (!ids.has(expected) && typeof actual === 'string') ids.set(expected, actual);
    return ids.get(expected) ?? expected;
  }
  if (Array.isArray(expected)) return expected.map((each, index) => withIds(each, (actual as unknown[] | undefined)?.[index], ids));
  if (typeof expected !== 'object' || expected === null) return expected;
  const fields = Object.entries(expected).map(([name, each]) => [
    name,
    withIds(each, (actual as Record<string, unknown> | null)?.[name], ids),
  ]);
  return Object.fromEntries(fields);
};

const withExamples = pages.filter((page) => blocksOf(page, 'http').length + blocksOf(page, 'yaml journey').length > 0);

test.each(pages.flatMap((page) => blocksOf(page, 'js bucket').map((block) => [page, block])))(
  'the computation in docs/%s gives what it says',
  async (_page, block) => {
    const said = [...block.matchAll(/^console\.log\(.*\); \/\/ (.+)$/gm)].map((match) => match[1]);
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', block]);
    expect(stdout.trim().split('\n')).toEqual(said);
    expect(said).toEqual(
      [...block.matchAll(/bucketOf\('([^']+)', '([^']+)'\)/g)].map(([, salt, customer]) => `${bucketOf(salt!, customer!)}`),
    );
  },
);

test('the docs have examples that run', () => {
  expect(withExamples).toEqual(expect.arrayContaining(['checkout.md', 'journeys.md', 'webhooks.md']));
});

const secretKey = randomBytes(32).toString('base64');
const configurationFor = ({ url }: TestDatabase) =>
  requireServices(
    readConfiguration({
      DATABASE_URL: url,
      TEMPORAL_ADDRESS: temporalAddress(),
      SMTP_URL: smtpUrl(),
      COUPONRY_SECRET_KEY: secretKey,
      LOG_LEVEL: 'error',
    }),
  );

/** A database as the first start leaves it, of which each page gets a copy. */
let prepared: TestDatabase;
let keys: ProjectKeys;

beforeAll(async () => {
  prepared = await createDatabase();
  const configuration = configurationFor(prepared);
  const core = await createCore(configuration, 'docs');
  const kept = { read: () => null, write: () => {} };
  keys = (await firstStart({ sql: core.sql, configuration, kept, log: () => {} })).projects.live;
  await core.close();
  await prepared.sql.end();
});
afterAll(() => prepared.drop());

describe.each(withExamples)('docs/%s says what happens', (page) => {
  let database: TestDatabase;
  let server: Server;
  let close: () => Promise<void>;
  let url = '';

  beforeAll(async () => {
    database = await createDatabase({ template: new URL(prepared.url).pathname.slice(1) });
    const configuration = configurationFor(database);
    const core = await createCore(configuration, 'docs');
    const api = wireApi(core, configuration);
    await api.prepare();
    server = createServer(api.app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
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

  const send = async (method: string, path: string, headers: Record<string, string>, body: string) => {
    const auth = { 'X-App-Id': keys.appId, 'X-App-Token': keys.secretKey };
    const response = await fetch(url + path, { method, headers: { ...auth, ...headers }, ...(body !== '' && { body }) });
    return { status: response.status, body: await response.json() };
  };

  const ids = new Map<string, string>();

  // Before the examples, which use them.
  test.each(blocksOf(page, 'yaml journey').map((journey) => [/^journey: (.+)$/m.exec(journey)?.[1], journey]))(
    'the journey %s can be published',
    async (key, journey) => {
      const { status, body } = await send('POST', '/v1/journeys', { 'Content-Type': 'application/yaml' }, journey);
      expect({ status, body }).toMatchObject({ status: 200, body: { key } });
    },
  );

  test.each(blocksOf(page, 'http').map(readExample))('example $title', async (example) => {
    const sent = (text: string): string => text.replaceAll(ID, (id) => ids.get(id) ?? id);
    const { status, body } = await send(example.method, sent(example.path), example.headers, sent(example.body));
    expect({ status, body }).toMatchObject({ status: example.status, body: withIds(example.answer, body, ids) });
  });
});
