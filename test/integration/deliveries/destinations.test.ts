import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { pauseDestination, resumeDestination } from '../../../db/delivery/destinations.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { createDeliveryEngine, createMailing, deliveryStates, type Mailing } from '../../harness/mailing.ts';
import { createProject } from '../../harness/project.ts';
import { startSmtpSink, type SmtpSink } from '../../harness/smtp-sink.ts';

let database: TestDatabase;
let sink: SmtpSink;
let engine: ReturnType<typeof createDeliveryEngine>;
let mailing: Mailing;

beforeAll(async () => {
  database = await createDatabase();
  sink = await startSmtpSink();
  engine = createDeliveryEngine(database.sql, sink.url, { random: () => 0.5 });
  mailing = await createMailing(database.sql, (await createProject(database.sql)).project.id);
});

afterAll(async () => {
  await engine.close();
  await sink.close();
  await database.drop();
});

afterEach(() => sink.behave(() => 'accept'));

const drain = async () => engine.drain(mailing.route.id);

describe('a destination', () => {
  test('that is paused sends nothing, and all of it when it is resumed, and asks to be woken', async () => {
    const wakes = async () =>
      (await database.sql<{ wakesAsked: number }[]>`select wakes_asked from destination where id = ${mailing.route.id}`)[0]!.wakesAsked;
    const ids = await mailing.plan(5);
    await pauseDestination(database.sql, mailing.route.id);
    expect(await drain()).toEqual({ found: 0, done: true, nextDue: null });
    const before = await wakes();
    await resumeDestination(database.sql, mailing.route.id);
    expect(await wakes()).toBe(before + 1);
    expect(await drain()).toMatchObject({ found: 5 });
    expect((await deliveryStates(database.sql, ids)).every(({ state }) => state === 'accepted')).toBe(true);
  });

  test('that is paused in the middle finishes what is on the wire and keeps the rest planned', async () => {
    const ids = await mailing.plan(150);
    let count = 0;
    sink.behave(async () => {
      count += 1;
      if (count === 10) await pauseDestination(database.sql, mailing.route.id);
      return 'accept' as const;
    });
    await drain();
    const states = await deliveryStates(database.sql, ids);
    const planned = states.filter(({ state }) => state === 'planned');
    expect(planned.length).toBeGreaterThan(50);
    expect(states.filter(({ state }) => state !== 'planned').every(({ state }) => state === 'accepted')).toBe(true);
    expect(planned.every(({ lease }) => lease === null)).toBe(true);
    await resumeDestination(database.sql, mailing.route.id);
    await drain();
    expect((await deliveryStates(database.sql, ids)).every(({ state, attempts }) => state === 'accepted' && attempts === 1)).toBe(true);
  });

  test('with a rate is sent to no faster, over drains, and its turns are shared by those who drain at once', async () => {
    await database.sql`update destination set rate_per_second = 40 where id = ${mailing.route.id}`;
    const ids = await mailing.plan(100);
    const from = sink.received.length;
    const short = createDeliveryEngine(database.sql, sink.url, { runForMs: 700 });
    let done = false;
    while (!done) {
      const both = await Promise.all([short.drain(mailing.route.id), short.drain(mailing.route.id)]);
      done = both.every((each) => each.done);
    }
    await short.close();
    await database.sql`update destination set rate_per_second = null where id = ${mailing.route.id}`;
    expect((await deliveryStates(database.sql, ids)).every(({ state }) => state === 'accepted')).toBe(true);
    const times = sink.received.slice(from).map(({ at }) => at);
    const inAnySecond = times.map((start) => times.filter((at) => at >= start && at < start + 1000).length);
    expect(Math.max(...inAnySecond)).toBeLessThanOrEqual(48);
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(2200);
  });

  test('that is told to stop finishes what is on the wire, gives back the rest, and takes no more', async () => {
    const ids = await mailing.plan(300);
    const stop = new AbortController();
    let count = 0;
    sink.behave(() => {
      count += 1;
      if (count === 20) stop.abort();
      return 'accept';
    });
    const result = await engine.drain(mailing.route.id, stop.signal);
    expect(result.done).toBe(false);
    const states = await deliveryStates(database.sql, ids);
    expect(states.some(({ state }) => state === 'planned')).toBe(true);
    expect(states.every(({ state, lease }) => state === 'accepted' || (state === 'planned' && lease === null))).toBe(true);
    await drain();
    expect((await deliveryStates(database.sql, ids)).every(({ state, attempts }) => state === 'accepted' && attempts === 1)).toBe(true);
  });
});
