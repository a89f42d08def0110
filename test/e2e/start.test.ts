import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { DevelopmentFile } from '../../bin/data-folder.ts';
import { connect } from '../../db/client.ts';
import { freePorts } from '../../embedded/ports.ts';
import { startPostgres } from '../../embedded/postgres.ts';
import { type CouponryProcess, runCouponry } from './couponry-process.ts';
import { leftRunning } from './left-running.ts';

const READY = 'Couponry runs.';
let root: string;
let dataDir: string;
let port: number;
const running: CouponryProcess[] = [];

const start = (env: NodeJS.ProcessEnv = {}): CouponryProcess => {
  const couponry = runCouponry(['start'], { COUPONRY_DATA_DIR: dataDir, PORT: String(port), ...env });
  running.push(couponry);
  return couponry;
};
const developmentFile = (): DevelopmentFile => JSON.parse(readFileSync(path.join(dataDir, 'dev.json'), 'utf8')) as DevelopmentFile;

const customersUrl = (): [string, RequestInit] => {
  const { apiUrl, projects } = developmentFile();
  const headers = { 'X-App-Id': projects.sandbox.appId, 'X-App-Token': projects.sandbox.secretKey, 'Content-Type': 'application/json' };
  return [`${apiUrl}/v1/customers`, { headers }];
};

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'couponry-start-'));
  // Postgres runs as another user where we are root, who must be able to pass.
  chmodSync(root, 0o755);
  dataDir = path.join(root, 'data');
  [port = 0] = await freePorts(1);
});
afterEach(async () => {
  for (const couponry of running.splice(0)) await couponry.interrupt();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('one command brings up everything, says where it is, and stops in order on Ctrl-C', async () => {
  const couponry = start();
  await couponry.prints(READY);

  const development = developmentFile();
  expect(statSync(path.join(dataDir, 'dev.json')).mode & 0o777).toBe(0o600);
  expect(development).toMatchObject({
    apiUrl: `http://127.0.0.1:${port}`,
    inboxUrl: expect.stringMatching(/^http:/),
    temporalAddress: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    projects: {
      sandbox: { appId: expect.any(String), secretKey: expect.stringMatching(/^sk_/), publishableKey: expect.stringMatching(/^pk_/) },
      live: { appId: expect.any(String), secretKey: expect.stringMatching(/^sk_/), publishableKey: expect.stringMatching(/^pk_/) },
    },
    signupSource: { url: expect.stringContaining('/hooks/'), secret: expect.stringMatching(/^whsec_/) },
  });
  for (const url of ['/healthz', '/readyz', '/docs', '/openapi.json']) {
    expect(await fetch(`${development.apiUrl}${url}`)).toMatchObject({ status: 200 });
  }
  const inbox = await fetch(development.inboxUrl ?? '', { headers: { Accept: 'text/html' } });
  expect(await inbox.text()).toContain('<html');
  expect(couponry.output()).toContain(development.projects.live.secretKey);

  const { code, afterMs } = await couponry.interrupt();
  expect(code).toBe(0);
  expect(afterMs).toBeLessThan(10_000);
  expect(leftRunning(dataDir)).toEqual([]);
  expect(existsSync(path.join(dataDir, 'dev.json'))).toBe(false);
});

test('started again, it goes on where it was: same keys, same ports, same data', async () => {
  const first = start();
  await first.prints(READY);
  const before = developmentFile();
  const [url, init] = customersUrl();
  const made = await fetch(url, { ...init, method: 'POST', body: JSON.stringify({ source_id: 'crm-restart', name: 'Anna' }) });
  expect(made.status).toBe(200);
  await first.interrupt();

  const second = start();
  await second.prints(READY);
  expect(developmentFile()).toEqual(before);
  const found = await fetch(`${url}/crm-restart`, init);
  expect(await found.json()).toMatchObject({ name: 'Anna' });
});

test('a second one on the same data folder is refused, and the first goes on', async () => {
  const first = start();
  await first.prints(READY);
  const second = start({ PORT: String((await freePorts(1))[0]) });
  expect((await second.ended).code).toBe(1);
  expect(second.output()).toMatch(
    /^couponry: Couponry already runs with the data folder .* \(process \d+\): stop it, or set COUPONRY_DATA_DIR to another folder\n$/,
  );
  expect((await fetch(`${developmentFile().apiUrl}/readyz`)).status).toBe(200);
});

test('what a kill -9 left running is taken over, and stopped at the end', async () => {
  const first = start();
  await first.prints(READY);
  const before = developmentFile();
  first.child.kill('SIGKILL');
  await first.ended;
  // The children see that their parent is gone; the servers stay.
  for (let tries = 0; tries < 100 && leftRunning(dataDir).some((command) => command.includes('couponry.ts')); tries += 1) await sleep(100);
  expect(leftRunning(dataDir).filter((command) => command.includes('couponry.ts'))).toEqual([]);
  expect(leftRunning(dataDir)).not.toEqual([]);

  const second = start();
  await second.prints(READY);
  expect(second.output()).toContain('Postgres still runs');
  expect(developmentFile()).toEqual(before);
  expect((await second.interrupt()).code).toBe(0);
  expect(leftRunning(dataDir)).toEqual([]);
});

test('a worker that dies is started again', async () => {
  const couponry = start();
  await couponry.prints(READY);
  const worker = (): number => Number(/couponry worker: ready \(process (\d+)\)/.exec(couponry.output())?.[1]);
  process.kill(worker(), 'SIGKILL');
  await couponry.prints('couponry worker ended (SIGKILL); starting it again');
  expect((await fetch(`${developmentFile().apiUrl}/readyz`)).status).toBe(200);
});

test.each(['Temporal: using', 'Migrations:', 'couponry api: ready'])(
  'Ctrl-C while it starts, at "%s", leaves nothing running',
  async (moment) => {
    const before = dataDir;
    dataDir = path.join(root, moment.replaceAll(/\W/g, ''));
    const couponry = start();
    await couponry.prints(moment);
    const { code, afterMs } = await couponry.interrupt();
    expect(code).toBe(0);
    expect(afterMs).toBeLessThan(10_000);
    expect(leftRunning(dataDir)).toEqual([]);
    dataDir = before;
  },
);

test('a port in use is named before anything is brought up', async () => {
  const other = createServer().listen(port, '127.0.0.1');
  const couponry = start();
  expect((await couponry.ended).code).toBe(1);
  expect(couponry.output()).toBe(
    `couponry: Port ${port} of 127.0.0.1 is in use: end what uses it, or set PORT to another, such as PORT=${port < 65_000 ? port + 1 : 8080}\n`,
  );
  other.close();
  expect(leftRunning(dataDir)).toEqual([]);
});

test('every wrong value of the environment is named in one line', async () => {
  const couponry = start({
    PORT: 'http',
    COUPONRY_ACTIVITY_MODE: 'both',
    COUPONRY_SECRET_KEY: 'short',
    DATABASE_URL: 'mysql://x',
    LOG_LEVEL: 'loud',
  });
  expect((await couponry.ended).code).toBe(1);
  const lines = couponry.output().trim().split('\n');
  expect(lines).toHaveLength(1);
  for (const name of ['PORT', 'COUPONRY_ACTIVITY_MODE', 'COUPONRY_SECRET_KEY', 'DATABASE_URL', 'LOG_LEVEL'])
    expect(lines[0]).toContain(name);
  expect(lines[0]).not.toContain('short');
});

test('a data folder that cannot be written is named', async () => {
  writeFileSync(path.join(root, 'file'), '');
  const couponry = start({ COUPONRY_DATA_DIR: path.join(root, 'file', 'data') });
  expect((await couponry.ended).code).toBe(1);
  expect(couponry.output()).toMatch(
    /^couponry: The data folder .* cannot be written \(ENOTDIR\): set COUPONRY_DATA_DIR to a folder that can\n$/,
  );
});

test('where no Temporal is to be had, every way that was tried is named', async () => {
  const fresh = path.join(root, 'without-temporal');
  const couponry = start({
    COUPONRY_DATA_DIR: fresh,
    PATH: '/nonexistent',
    XDG_CACHE_HOME: path.join(root, 'cache'),
    HTTPS_PROXY: 'http://127.0.0.1:9',
  });
  expect((await couponry.ended).code).toBe(1);
  const line = couponry.output().trim().split('\n').at(-1);
  expect(line).toMatch(
    /^couponry: No Temporal server: no `temporal` command on the PATH; nothing in .*; no download \(.*\); no `go` on the PATH to build one\. Set TEMPORAL_ADDRESS/,
  );
  expect(leftRunning(fresh)).toEqual([]);
});

test('servers that do not answer are named, and nothing is left running', async () => {
  const [nobody = 0] = await freePorts(1);
  const database = start({ DATABASE_URL: `postgres://couponry:secret@127.0.0.1:${nobody}/couponry` });
  expect((await database.ended).code).toBe(1);
  expect(database.output()).toMatch(
    new RegExp(`couponry: DATABASE_URL: Postgres at 127\\.0\\.0\\.1:${nobody}/couponry does not let us in: .*\n$`),
  );
  expect(database.output()).not.toContain('secret');
  const temporal = start({ TEMPORAL_ADDRESS: `127.0.0.1:${nobody}` });
  expect((await temporal.ended).code).toBe(1);
  expect(temporal.output()).toContain(`couponry: TEMPORAL_ADDRESS: no Temporal server answers at 127.0.0.1:${nobody}\n`);
  expect(leftRunning(dataDir)).toEqual([]);
});

test('a broken migration is named, and nothing is left running', async () => {
  const [postgresPort = 0] = await freePorts(1);
  const elsewhere = path.join(root, 'elsewhere');
  mkdirSync(elsewhere);
  const postgres = await startPostgres({ dataDir: elsewhere, port: postgresPort, settings: { fsync: 'off' }, log: () => undefined });
  const sql = connect(postgres.url, { max: 1 });
  await sql`create table project (id text)`;
  await sql.end();
  const couponry = start({ DATABASE_URL: postgres.url });
  expect((await couponry.ended).code).toBe(1);
  expect(couponry.output()).toContain(
    'couponry: Migration 0001_projects.sql failed: relation "project" already exists. The database is as before it; mend the file and start again\n',
  );
  expect(leftRunning(dataDir)).toEqual([]);
  await postgres.stop();
});
