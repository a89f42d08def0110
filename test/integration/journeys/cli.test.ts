import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createJourneyPublishingRoutes } from '../../../api/routes/journey-publishing.ts';
import { createJourneyRoutes } from '../../../api/routes/journeys.ts';
import { createSimulationRoutes } from '../../../api/routes/simulations.ts';
import { createMailRenderer, type MailRenderer } from '../../../activities/mail/render.ts';
import { createSimulate } from '../../../activities/simulation/simulate.ts';
import { createRouteEvents } from '../../../relay/route-events.ts';
import { resourceRoutes, startApi, type TestApi } from '../../harness/api.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { prepareJourneys } from '../../harness/journeys.ts';
import { createProject, type TestProject } from '../../harness/project.ts';

let database: TestDatabase;
let api: TestApi;
let shop: TestProject;
let renderer: MailRenderer;
let folder: string;

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  shop = await createProject(sql);
  await prepareJourneys(sql, shop.project);
  renderer = createMailRenderer();
  const deps = { sql, now: () => new Date() };
  const simulate = createSimulate({ sql, renderer, publicUrl: 'https://hub.example', randomBytes, routing: createRouteEvents });
  const routes = [...createJourneyRoutes(deps), ...createJourneyPublishingRoutes(deps), ...createSimulationRoutes({ ...deps, simulate })];
  api = await startApi(sql, { routes: [...resourceRoutes(sql), ...routes] });
  folder = mkdtempSync(path.join(tmpdir(), 'couponry-cli-'));
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await api?.stop();
  await renderer?.close();
  await database?.drop();
});

interface Ran {
  code: number;
  out: string;
  err: string;
}

const couponry = (...args: string[]): Promise<Ran> =>
  new Promise((resolve) => {
    const env = { ...process.env, COUPONRY_URL: api.url, COUPONRY_APP_ID: shop.appId, COUPONRY_API_KEY: shop.secretKey };
    execFile(process.execPath, ['bin/couponry.ts', 'journeys', ...args], { env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });

const file = (name: string, text: string): string => {
  const at = path.join(folder, name);
  writeFileSync(at, text);
  return at;
};

const hello = (wait: string) => `# Says hello.
journey: hello
trigger: { event: customer.signed_up }
steps:
  coupon: { do: issue_coupon, campaign: welcome, as: welcome, expires: { after: P14D } }
  mail: { do: send_email, template: welcome }
  rest: { do: wait, for: ${wait} }
`;

test('mistakes come as a compiler says them, each with its line and column', async () => {
  const bad = file('bad.yaml', 'journey: bad\ntrigger: { event: x }\nsteps:\n  mail: { do: send_email, template: welcom, next: mial }\n');
  const ran = await couponry('validate', bad);
  expect(ran.code).toBe(1);
  expect(ran.err.trim().split('\n')).toEqual([
    `${bad}:4:37: error: step mail: steps.mail.template: there is no template welcom in this project; did you mean welcome?`,
    `${bad}:4:51: error: step mail: steps.mail.next: there is no step mial; did you mean mail?`,
    `${bad}: 2 mistakes`,
  ]);
  const refused = await couponry('publish', bad);
  expect(api.errors).toEqual([]);
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining(`${bad}:4:51: error: step mail: `) });
});

test('a file is published, changed, exported as it was written and listed', async () => {
  const good = file('hello.yaml', hello('P1D'));
  expect(await couponry('validate', good)).toMatchObject({ code: 0, out: `${good}: nothing is wrong with it\n` });
  expect(await couponry('publish', good)).toMatchObject({ code: 0, out: 'hello: published as version 1, live\n' });
  expect(await couponry('publish', good)).toMatchObject({ code: 0, out: 'hello: version 1 is the same already, live\n' });
  file('hello.yaml', hello('P2D'));
  const next = await couponry('publish', good, '--inside', 'migrate', '--map', 'rest=rest', '--json');
  expect(JSON.parse(next.out)).toMatchObject({ key: 'hello', version: 2, migrated: 0 });
  rmSync(good);
  expect(await couponry('export', good)).toMatchObject({ code: 0 });
  expect(readFileSync(good, 'utf8')).toBe(hello('P2D'));
  expect((await couponry('export', 'hello', '--version', '1')).out).toBe(hello('P1D'));
  expect((await couponry('list')).out).toMatch(/^KEY +STATE +VERSION +NAME\nhello +live +2 +hello\n$/);
});

test('a simulation tells the timeline', async () => {
  const plain = await couponry('simulate', file('hello.yaml', hello('P1D')), '--customer', '{"email":"mia@example.com","name":"Mia"}');
  expect(plain).toMatchObject({ code: 0, err: '' });
  expect(plain.out).toMatch(/day 0 .* message +mail +sent +mia@example.com: /);
  expect(plain.out).toMatch(/hello: completed: completed\n$/);
  const json = await couponry('simulate', 'hello', '--event', 'P1D customer.unsubscribed', '--json');
  expect(JSON.parse(json.out)).toMatchObject({ object: 'simulation', timeline: expect.any(Array), entered: true });
  expect((await couponry('simulate', 'hello', '--customers', '20')).out).toContain('hello: 20 of 20 enter');
});

test('what cannot be tried says so with another exit code', async () => {
  expect(await couponry('validate', path.join(folder, 'nothing.yaml'))).toMatchObject({
    code: 2,
    err: expect.stringContaining('cannot be read (ENOENT)'),
  });
  expect(await couponry('publish', file('hello.yaml', hello('P1D')), '--map', 'a')).toMatchObject({ code: 2 });
  expect(await couponry('list', '--url', 'http://127.0.0.1:9')).toMatchObject({ code: 2, err: expect.stringContaining('does not answer') });
  expect(await couponry('simulate', 'nobody')).toMatchObject({
    code: 1,
    err: expect.stringContaining('Cannot find journey with id nobody'),
  });
});
