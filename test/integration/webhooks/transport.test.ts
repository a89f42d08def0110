import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createSecretBox } from '../../../db/secret-box.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { createProject } from '../../harness/project.ts';
import { until } from '../../harness/relay.ts';
import { createTestEndpoint, createWebhookEngine, startReceiver, type TestEndpoint, type WebhookReceiver } from '../../harness/webhooks.ts';

const key = randomBytes(32);
const box = createSecretBox(key);
let database: TestDatabase;
let projectId: string;
let receiver: WebhookReceiver;
let engine: ReturnType<typeof createWebhookEngine>;

beforeAll(async () => {
  database = await createDatabase();
  projectId = (await createProject(database.sql)).project.id;
  engine = createWebhookEngine(database.sql, box);
});
afterAll(async () => {
  engine.close();
  await database.drop();
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const endpointAt = (more: Partial<Parameters<typeof createTestEndpoint>[3]> = {}): Promise<TestEndpoint> =>
  createTestEndpoint(database.sql, box, projectId, { url: receiver.url, ...more });

const stateOf = async (id: string | undefined) => {
  const [row] = await database.sql<
    { state: string; reason: string | null; attempts: number; waits: number; outcome: string; status: number; answer: string }[]
  >`
    select d.state, d.reason, d.attempts, extract(epoch from d.due_at - a.finished_at)::float8 as waits, a.outcome, a.status, a.answer
    from delivery d left join delivery_attempt a on a.delivery_id = d.id and a.number = d.attempts where d.id = ${id ?? ''}`;
  return row;
};

const endpointState = async ({ id }: TestEndpoint) => {
  const [row] = await database.sql<{ state: string; failures: number | null; held: number | null; reason: string | null }[]>`
    select d.state, h.failures, extract(epoch from h.held_until - now())::float8 as held, h.disabled_reason as reason
    from destination d left join destination_health h on h.destination_id = d.id where d.id = ${id}`;
  return row;
};

const disabledEvents = async ({ id }: TestEndpoint) =>
  (await database.sql`select data from event where type = 'webhook.endpoint.disabled' and data ->> 'endpoint_id' = ${id}`).map(
    (row) => row.data as unknown,
  );

describe('a webhook', () => {
  test('arrives signed, with its stable id and the headers of the endpoint, and its attempt is kept', async () => {
    const endpoint = await endpointAt({ headers: { authorization: 'Bearer theirs' } });
    const [id] = await endpoint.plan([null]);
    expect(await engine.drain(endpoint)).toEqual({ found: 1, done: true, nextDue: null });
    const [{ headers, body } = { headers: {}, body: '' }] = receiver.received;
    expect(new Webhook(endpoint.secret).verify(body, headers as Record<string, string>)).toMatchObject({ type: 'order.paid' });
    expect(headers).toMatchObject({
      'webhook-id': id,
      'content-type': 'application/json',
      'accept-encoding': 'identity',
      authorization: 'Bearer theirs',
    });
    expect(await stateOf(id)).toMatchObject({ state: 'accepted', attempts: 1, outcome: 'accepted', status: 200, answer: 'taken' });
  });

  test.each([400, 404, 500, 503])('that is answered %i is tried again by the schedule', async (status) => {
    receiver.answer((response) => void response.writeHead(status).end('no'));
    const endpoint = await endpointAt();
    const [id] = await endpoint.plan([null]);
    await engine.drain(endpoint);
    const state = await stateOf(id);
    expect(state).toMatchObject({ state: 'planned', outcome: 'retry', status, answer: 'no' });
    expect(state?.waits).toBeCloseTo(5, 1);
  });

  test('fails where the schedule of its endpoint comes to its end', async () => {
    receiver.answer((response) => void response.writeHead(500).end());
    const endpoint = await endpointAt({ retry_schedule: [0.1] });
    const [id] = await endpoint.plan([null]);
    await engine.drain(endpoint);
    await sleep(150);
    await engine.drain(endpoint);
    expect(await stateOf(id)).toMatchObject({ state: 'failed', reason: 'retries_exhausted', attempts: 2 });
  });

  test('does not follow a redirect', async () => {
    const inside = await startReceiver();
    receiver.answer((response) => void response.writeHead(307, { location: inside.url }).end());
    const endpoint = await endpointAt();
    const [id] = await endpoint.plan([null]);
    await engine.drain(endpoint);
    expect(await stateOf(id)).toMatchObject({ state: 'planned', outcome: 'retry', status: 307 });
    expect(inside.received).toHaveLength(0);
    await inside.close();
  });

  test('goes out again where the other side had closed the idle connection', async () => {
    const endpoint = await endpointAt();
    await endpoint.plan([null]);
    await engine.drain(endpoint);
    receiver.answer((response, request, count) => (count === 2 ? request.socket.destroy() : response.end('again')));
    const [id] = await endpoint.plan([null]);
    await engine.drain(endpoint);
    expect(await stateOf(id)).toMatchObject({ state: 'accepted', attempts: 1, answer: 'again' });
    expect(receiver.received.slice(1).map(({ headers }) => headers['webhook-id'])).toEqual([id, id]);
  });
});

describe('an answer that never ends', () => {
  test.each<[string, (response: Parameters<Parameters<WebhookReceiver['answer']>[0]>[0], n: number) => void, RegExp]>([
    [
      'drips headers',
      (response, n) => response.socket?.write(n === 0 ? 'HTTP/1.1 200 OK\r\n' : `x-drip-${n}: 1\r\n`),
      /^no answer within 2 s/,
    ],
    ['drips its body', (response, n) => (n === 0 ? response.writeHead(200) : response).write('.'), /^status 200, but no end of the body/],
  ])('%s is cut off in time', async (_, drip, answer) => {
    receiver.answer((response) => {
      let n = 0;
      drip(response, n);
      const timer = setInterval(() => drip(response, ++n), 50);
      response.on('close', () => clearInterval(timer));
    });
    const endpoint = await endpointAt();
    const [id] = await endpoint.plan([null]);
    await engine.drain(endpoint);
    expect(await stateOf(id)).toMatchObject({ state: 'planned', outcome: 'retry', answer: expect.stringMatching(answer) });
  });

  test('of 400 MB is read to 64 KiB, and the connection ends', async () => {
    let written = 0;
    receiver.answer((response) => {
      const chunk = Buffer.alloc(1024 * 1024, 'x');
      const write = (): void => {
        while (!response.destroyed && written < 400) {
          written += 1;
          if (!response.write(chunk)) return void response.once('drain', write);
        }
      };
      write();
    });
    const endpoint = await endpointAt();
    const [id] = await endpoint.plan([null]);
    await engine.drain(endpoint);
    expect(await stateOf(id)).toMatchObject({ state: 'accepted', status: 200, answer: 'x'.repeat(1000) });
    expect(written).toBeLessThan(100);
  });

  test('is not unpacked: a gzip bomb stays as small as it comes', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    receiver.answer((response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    const endpoint = await endpointAt();
    const [id] = await endpoint.plan([null]);
    const before = process.memoryUsage().rss;
    await engine.drain(endpoint);
    expect(await stateOf(id)).toMatchObject({ state: 'accepted', status: 200 });
    expect(process.memoryUsage().rss - before).toBeLessThan(30 * 1024 * 1024);
  });
});

describe('an endpoint', () => {
  test('that answers 410 is disabled at once, with an event, and gets nothing more', async () => {
    receiver.answer((response) => void response.writeHead(410).end());
    const endpoint = await endpointAt({ ordered: true });
    const [first, second] = await endpoint.plan(['cust_a', 'cust_a']);
    await engine.drain(endpoint);
    expect(await stateOf(first)).toMatchObject({ state: 'failed', reason: 'gone', status: 410 });
    expect(await stateOf(second)).toMatchObject({ state: 'planned', attempts: 0 });
    expect(await endpointState(endpoint)).toMatchObject({ state: 'disabled', reason: 'gone' });
    expect(await disabledEvents(endpoint)).toEqual([{ endpoint_id: endpoint.id, url: receiver.url, reason: 'gone' }]);
  });

  test.each([
    ['120', 120, 120],
    ['99999999', 3600, 3600],
    ['soon', 5, 5],
    ['1', 5, 1],
  ])('that answers 429 with Retry-After: %s is left alone', async (header, waits, held) => {
    receiver.answer((response) => void response.writeHead(429, { 'retry-after': header }).end());
    const endpoint = await endpointAt();
    const [id] = await endpoint.plan([null]);
    await engine.drain(endpoint);
    expect((await stateOf(id))?.waits).toBeCloseTo(waits, 0);
    expect((await endpointState(endpoint))?.held).toBeCloseTo(held, -0.3);
    await endpoint.plan([null]);
    const drained = await engine.drain(endpoint);
    expect(drained).toMatchObject({ found: 0, done: true });
    expect((Date.parse(drained.nextDue ?? '') - Date.now()) / 1000).toBeCloseTo(held, -0.3);
    expect(receiver.received).toHaveLength(1);
  });

  test('that fails for days is disabled, with an event; one success and the count starts afresh', async () => {
    receiver.answer((response) => void response.writeHead(500).end());
    const endpoint = await endpointAt({ disable_after_days: 3 });
    const failFor = (days: number) => database.sql`
      update destination_health set failing_since = now() - ${days} * interval '1 day', failures = 20, held_until = null
      where destination_id = ${endpoint.id}`;
    const send = async () => {
      await endpoint.plan([null]);
      await engine.drain(endpoint);
      return endpointState(endpoint);
    };
    await send();
    await failFor(2);
    expect(await send()).toMatchObject({ state: 'active', failures: 21 });
    receiver.answer((response) => void response.end());
    await failFor(2);
    expect(await send()).toMatchObject({ state: 'active', failures: 0 });
    receiver.answer((response) => void response.writeHead(500).end());
    await failFor(3);
    expect(await send()).toMatchObject({ state: 'disabled', reason: 'failing', failures: 21 });
    expect(await disabledEvents(endpoint)).toMatchObject([{ reason: 'failing', failures: 21 }]);
  });

  test('that is dead is asked less and less', async () => {
    const endpoint = await endpointAt({ url: 'http://127.0.0.1:1/' });
    await endpoint.plan(Array.from({ length: 12 }, () => null));
    await engine.drain(endpoint);
    expect(await endpointState(endpoint)).toMatchObject({ failures: 12 });
    expect((await endpointState(endpoint))?.held).toBeGreaterThan(4);
  });

  test('that is dead costs a few attempts, however much waits for it', async () => {
    const endpoint = await endpointAt({ url: 'http://127.0.0.1:1/' });
    await endpoint.plan(Array.from({ length: 400 }, () => null));
    expect(await engine.drain(endpoint)).toMatchObject({ done: true, nextDue: expect.any(String) });
    const [tried] = await database.sql<{ count: number }[]>`
      select count(*)::int from delivery where destination_id = ${endpoint.id} and attempts > 0`;
    expect(tried?.count).toBeLessThanOrEqual(240);
    expect(await engine.drain(endpoint)).toMatchObject({ found: 0, done: true });
  });

  test('that hangs holds up no other', async () => {
    const hung: unknown[] = [];
    receiver.answer((response, request) => (request.url === '/hangs' ? void hung.push(response) : void response.end()));
    const [bad, good] = [await endpointAt({ url: receiver.url.replace('/hooks', '/hangs') }), await endpointAt()];
    await bad.plan(Array.from({ length: 40 }, () => null));
    let ended = false;
    const hanging = engine.drain(bad).finally(() => (ended = true));
    await until('it hangs', async () => hung.length > 0);
    const ids = await good.plan(Array.from({ length: 40 }, () => null));
    await engine.drain(good);
    expect((await Promise.all(ids.map(stateOf))).every((row) => row?.state === 'accepted')).toBe(true);
    expect(ended).toBe(false);
    await hanging;
  });

  test('that wants order gets a customer’s webhooks one after the other; one that fails holds up only theirs', async () => {
    receiver.answer((response, _, count) => void response.writeHead(count === 1 ? 500 : 200).end());
    const endpoint = await endpointAt({ ordered: true, retry_schedule: [0.5] });
    const [first] = await endpoint.plan(['cust_a']);
    await engine.drain(endpoint);
    const ids = await endpoint.plan(['cust_a', 'cust_b', 'cust_a', 'cust_b', 'cust_b']);
    expect(await engine.drain(endpoint)).toMatchObject({ found: 3, done: true });
    expect((await stateOf(first))?.state).toBe('planned');
    await sleep(600);
    expect(await engine.drain(endpoint)).toEqual({ found: 3, done: true, nextDue: null });
    const order = (customer: string) =>
      receiver.received
        .slice(1)
        .filter(({ body }) => body.includes(customer))
        .map(({ headers }) => headers['webhook-id']);
    expect(order('cust_a')).toEqual([first, ids[0], ids[2]]);
    expect(order('cust_b')).toEqual([ids[1], ids[3], ids[4]]);
  });
});

describe('no webhook reaches inside', () => {
  test.each(['http://127.0.0.1/', 'http://[::1]/', 'http://169.254.169.254/latest/meta-data', 'http://localhost/', 'http://0/'])(
    '%s',
    async (url) => {
      const guarded = createWebhookEngine(database.sql, box, { nets: [] });
      const endpoint = await endpointAt({ url });
      const [id] = await endpoint.plan([null]);
      await guarded.drain(endpoint);
      expect(await stateOf(id)).toMatchObject({
        state: 'planned',
        outcome: 'retry',
        status: null,
        answer: expect.stringContaining('is not a public address'),
      });
      guarded.close();
    },
  );

  test('by a name that resolves to another address on the second look', async () => {
    const { port } = new URL(receiver.url);
    const outside = await startReceiver('127.0.0.2', Number(port));
    outside.answer((response) => void response.writeHead(200, { connection: 'close' }).end());
    const looks = ['127.0.0.2', '127.0.0.1'];
    const guarded = createWebhookEngine(database.sql, box, {
      nets: ['127.0.0.2'],
      lookup: (_name, _options, done) => done(null, [{ address: looks.shift() ?? '127.0.0.1', family: 4 }]),
    });
    const endpoint = await endpointAt({ url: `http://rebinding.example:${port}/` });
    const [first] = await endpoint.plan([null]);
    await guarded.drain(endpoint);
    const [second] = await endpoint.plan([null]);
    await guarded.drain(endpoint);
    expect(await stateOf(first)).toMatchObject({ state: 'accepted' });
    expect(await stateOf(second)).toMatchObject({ state: 'planned', answer: '127.0.0.1 is not a public address' });
    expect([outside.received.length, receiver.received.length]).toEqual([1, 0]);
    guarded.close();
    await outside.close();
  });
});

test('a webhook that was on the wire when its process was killed comes again under the same id', async () => {
  receiver.answer((response, _, count) => (count === 1 ? undefined : response.end('second')));
  const endpoint = await endpointAt();
  const [id] = await endpoint.plan([null]);
  const script = fileURLToPath(new URL('../../harness/webhook-worker.ts', import.meta.url));
  const child = spawn(process.execPath, [script, database.url, endpoint.id, key.toString('hex'), '1000'], { stdio: 'inherit' });
  await until('it was on the wire', async () => receiver.received.length === 1);
  child.kill('SIGKILL');
  expect(await stateOf(id)).toMatchObject({ state: 'sending' });
  await sleep(1100);
  await engine.drain(endpoint);
  expect(await stateOf(id)).toMatchObject({ state: 'accepted', attempts: 2, answer: 'second' });
  expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([id, id]);
});
