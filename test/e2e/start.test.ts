import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DevelopmentFile } from '../../bin/data-folder.ts';
import { connect } from '../../db/client.ts';
import { freePorts } from '../../embedded/ports.ts';
import { startPostgres } from '../../embedded/postgres.ts';
import { type CouponryProcess, runCouponry, runNpmStart } from './couponry-process.ts';
import { leftRunning } from './left-running.ts';
import { mailTo, mailsTo, postSignup } from './signup.ts';

const READY = 'Couponry runs.';
let root: string;
/** It takes about 3 s. A machine that runs three suites at once may need longer than the 10 s that it is meant for. */
const STOPPED_WITHIN_MS = 30_000;

let dataDir: string;
let port: number;
const running: CouponryProcess[] = [];

const keep = (couponry: CouponryProcess): CouponryProcess => {
  running.push(couponry);
  return couponry;
};
const start = (env: NodeJS.ProcessEnv = {}): CouponryProcess =>
  keep(runCouponry(['start'], { COUPONRY_DATA_DIR: dataDir, PORT: String(port), ...env }));
const developmentFile = (): DevelopmentFile => JSON.parse(readFileSync(path.join(dataDir, 'dev.json'), 'utf8')) as DevelopmentFile;

/** A call in the sandbox. */
const ask = async (method: string, address: string, body?: object): Promise<Response> => {
  const { apiUrl, projects } = developmentFile();
  const headers = { 'X-App-Id': projects.sandbox.appId, 'X-App-Token': projects.sandbox.secretKey, 'Content-Type': 'application/json' };
  return fetch(`${apiUrl}${address}`, { method, headers, body: JSON.stringify(body) });
};
/** Of couponry itself: the processes that end with it, and not the servers that a kill leaves. */
const ownProcesses = (): string[] => leftRunning(dataDir).filter((command) => command.includes('couponry.ts'));

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'couponry-start-'));
  // Postgres runs as another user where we are root, who must be able to pass.
  chmodSync(root, 0o755);
  dataDir = path.join(root, 'data');
  [port = 0] = await freePorts(1);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('one command', () => {
  let couponry: CouponryProcess;
  let before: DevelopmentFile;

  afterAll(async () => {
    for (const each of running.splice(0)) await each.interrupt();
  });

  test('brings up everything and says where it is', async () => {
    couponry = keep(runNpmStart({ COUPONRY_DATA_DIR: dataDir, PORT: String(port) }));
    await couponry.prints(READY);
    before = developmentFile();
    expect(statSync(path.join(dataDir, 'dev.json')).mode & 0o777).toBe(0o600);
    expect(before).toMatchObject({
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
      expect(await fetch(`${before.apiUrl}${url}`)).toMatchObject({ status: 200 });
    }
    const inbox = await fetch(before.inboxUrl ?? '', { headers: { Accept: 'text/html' } });
    expect(await inbox.text()).toContain('<html');
    expect(couponry.output()).toContain(before.projects.live.secretKey);
  });

  test('has the journey that ships published in both projects, and the first signup gets its coupon', async () => {
    expect(await (await ask('GET', '/v1/journeys')).json()).toMatchObject({ journeys: [{ key: 'signup', state: 'live' }] });
    expect(await postSignup(before.signupSource, { id: 'crm-42', email: 'anna@example.com', first_name: 'Anna' })).toBe(200);
    expect((await mailTo(before.inboxUrl ?? '', 'anna@example.com')).text).toMatch(/WELCOME-[A-Z0-9]{8}/);
  });

  test('refuses a second one on the same data folder, and goes on', async () => {
    const second = start({ PORT: String((await freePorts(1))[0]) });
    expect((await second.ended).code).toBe(1);
    expect(second.output()).toMatch(
      /^couponry: Couponry already runs with the data folder .* \(process \d+\): stop it, or set COUPONRY_DATA_DIR to another folder\n$/,
    );
    expect((await fetch(`${before.apiUrl}/readyz`)).status).toBe(200);
  });

  test('starts a worker again that dies', async () => {
    const worker = Number(/couponry worker: ready \(process (\d+)\)/.exec(couponry.output())?.[1]);
    process.kill(worker, 'SIGKILL');
    await couponry.prints('couponry worker ended (SIGKILL); starting it again');
    await couponry.prints(/couponry worker: ready[^]*couponry worker: ready/);
    expect((await fetch(`${before.apiUrl}/readyz`)).status).toBe(200);
  });

  test('starts a server again that dies, and what was asked meanwhile is done then', async () => {
    const { pid } = JSON.parse(readFileSync(path.join(dataDir, 'temporal/temporal.pid'), 'utf8')) as { pid: number };
    process.kill(pid, 'SIGKILL');
    expect(await postSignup(before.signupSource, { id: 'crm-43', email: 'ben@example.com' })).toBe(200);
    await couponry.prints('Temporal: ready again');
    expect((await mailTo(before.inboxUrl ?? '', 'ben@example.com', 60_000)).text).toMatch(/WELCOME-/);
  });

  test('stops in order on Ctrl-C', async () => {
    const { code, afterMs } = await couponry.interrupt();
    expect(code).toBe(0);
    expect(afterMs).toBeLessThan(STOPPED_WITHIN_MS);
    expect(leftRunning(dataDir)).toEqual([]);
    expect(existsSync(path.join(dataDir, 'dev.json'))).toBe(false);
  });

  test('started again, it goes on where it was: same keys, same addresses, and a journey that slept goes on', async () => {
    couponry = start();
    await couponry.prints(READY);
    expect(developmentFile()).toEqual(before);
    const forwarded = await ask('POST', '/v1/customers/crm-42/fast-forward', { duration: 'P12D' });
    expect(forwarded.status).toBe(200);
    for (let tries = 0; tries < 200 && (await mailsTo(before.inboxUrl ?? '', 'anna@example.com')).length < 2; tries += 1) await sleep(50);
    const subjects = (await mailsTo(before.inboxUrl ?? '', 'anna@example.com')).map((mail) => mail.subject);
    expect(subjects).toEqual([expect.stringContaining('10% off'), expect.stringContaining('Last days')]);
  });

  test('what a kill -9 leaves running is taken over, and stopped at the end', async () => {
    couponry.child.kill('SIGKILL');
    await couponry.ended;
    // The children see that their parent is gone; the servers stay.
    for (let tries = 0; tries < 100 && ownProcesses().length > 0; tries += 1) await sleep(100);
    expect(ownProcesses()).toEqual([]);
    expect(leftRunning(dataDir)).not.toEqual([]);

    couponry = start();
    await couponry.prints(READY);
    expect(couponry.output()).toContain('Postgres still runs');
    expect(developmentFile()).toEqual(before);
    expect((await couponry.interrupt()).code).toBe(0);
    expect(leftRunning(dataDir)).toEqual([]);
  });
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
    expect(afterMs).toBeLessThan(STOPPED_WITHIN_MS);
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
