import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import {
  enrolmentOf,
  enrolmentsOf,
  prepareJourneys,
  publishSignup,
  startJourneyEngine,
  tell,
  type JourneyEngine,
} from '../../harness/journeys.ts';
import { smtpUrl, waitForMail } from '../../harness/mailbox.ts';
import { createProject, type TestProject } from '../../harness/project.ts';
import { until } from '../../harness/relay.ts';
import { connectTemporal, type TestTemporal } from '../../harness/temporal.ts';
import { journeyWorkflowId } from '../../../workflows/contracts.ts';

let database: TestDatabase;
let temporal: TestTemporal;
let engine: JourneyEngine;
let shop: TestProject;

beforeAll(async () => {
  database = await createDatabase();
  temporal = await connectTemporal();
  shop = await createProject(database.sql);
  await prepareJourneys(database.sql, shop.project);
  await publishSignup(database.sql, shop.project);
  engine = await startJourneyEngine(database.sql, temporal, smtpUrl());
});

afterAll(async () => {
  await engine?.stop();
  await temporal?.close();
  await database?.drop();
});

test('whoever signs up gets a coupon of their own by mail and is reminded three days before it ends', async () => {
  const { sql } = database;
  const ada = await tell(sql, shop.project, 'ada-signup', 'customer.signed_up');
  const enrolment = await enrolmentOf(sql, ada, (each) => each.step === 'reminder');
  expect(enrolment.steps).toEqual(['coupon: issued', 'mail: planned']);
  const coupon = enrolment.context.coupons.welcome;
  expect(coupon?.code).toMatch(/^WELCOME-[0-9A-Z]{8}$/);
  const [voucher] = await sql<{ holderId: string; quantity: number; expirationDate: Date }[]>`
    select holder_id, quantity, expiration_date from voucher where code = ${coupon?.code ?? ''}`;
  expect(voucher).toMatchObject({ holderId: ada.id, quantity: 1 });
  const days = ((enrolment.dueAt?.getTime() ?? 0) - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(10.9);
  expect(days).toBeLessThan(11.1);
  const mail = await waitForMail('ada-signup@example.com');
  expect(mail.html).toContain(coupon?.code);
});

test('in Temporal a journey says in words what it does, goes before launches, and tells nothing about its customer', async () => {
  const { sql } = database;
  const iris = await tell(sql, shop.project, 'iris-signup', 'customer.signed_up', { phone: '+49 30 123456' });
  const { cohortId } = await enrolmentOf(sql, iris, (each) => each.step === 'reminder');
  const handle = temporal.client.workflow.getHandle(journeyWorkflowId(cohortId));
  const described = await handle.describe();
  expect(described.priority?.priorityKey).toBe(2);
  expect(await described.staticSummary()).toBe('customers who entered signup together');
  const details = async () =>
    (await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata')).currentDetails?.replace(/\d{4}-\S+Z/g, '…');
  await expect
    .poll(details, { timeout: 20_000 })
    .toBe('Welcome (signup, version 1)\n- reminder: remind with the mail reminder, P3D before the end: 1 customer, due …');
  const history = await handle.fetchHistory();
  const plain = (data: Uint8Array | null | undefined): string => Buffer.from(data ?? []).toString('utf8');
  const summaries = (history.events ?? []).flatMap((event) =>
    event.userMetadata?.summary ? (JSON.parse(plain(event.userMetadata.summary.data)) as string) : [],
  );
  expect(summaries).toEqual(expect.arrayContaining(['look where everyone stands', expect.stringMatching(/^mail: .*: 1 customer$/)]));
  const payloads: string[] = [];
  const collect = (value: unknown): void => {
    if (value instanceof Uint8Array) payloads.push(plain(value));
    else if (typeof value === 'string') payloads.push(value);
    else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) collect(each);
  };
  collect(history);
  expect(payloads.length).toBeGreaterThan(20);
  for (const personal of ['iris', 'Lovelace', 'example.com', '123456', iris.id, 'WELCOME-'])
    expect(
      payloads.filter((each) => each.includes(personal)),
      personal,
    ).toEqual([]);
});

test('the same signup five times at once enrols once', async () => {
  const { sql } = database;
  const grace = await tell(sql, shop.project, 'grace', 'customer.created_elsewhere');
  await Promise.all(
    Array.from({ length: 5 }, () => tell(sql, shop.project, 'grace', 'customer.signed_up', {}, { dedupeKey: 'crm event 1' })),
  );
  await Promise.all(Array.from({ length: 5 }, () => tell(sql, shop.project, 'grace', 'customer.signed_up')));
  await enrolmentOf(sql, grace, (each) => each.step === 'reminder');
  await until('all is routed', async () => (await sql`select from outbox where customer_id = ${grace.id}`).count === 0);
  expect(await enrolmentsOf(sql, grace)).toHaveLength(1);
  expect((await sql`select from voucher where holder_id = ${grace.id}`).count).toBe(1);
  expect((await sql`select from delivery where customer_id = ${grace.id}`).count).toBe(1);
});

test('redeeming the coupon ends the journey and its workflow at once', async () => {
  const { sql } = database;
  const linus = await tell(sql, shop.project, 'linus', 'customer.signed_up');
  const enrolment = await enrolmentOf(sql, linus, (each) => each.step === 'reminder');
  const code = enrolment.context.coupons.welcome?.code;
  await tell(sql, shop.project, 'linus', 'redemption.succeeded', { code: 'ANOTHER-CODE' });
  await tell(sql, shop.project, 'linus', 'redemption.succeeded', { code });
  const ended = await enrolmentOf(sql, linus, (each) => each.state !== 'active');
  expect(ended).toMatchObject({ state: 'completed', outcome: 'goal' });
  const handle = temporal.client.workflow.getHandle(journeyWorkflowId(ended.cohortId));
  await handle.result();
  const types = await sql<{ type: string }[]>`select type from event where customer_id = ${linus.id} and type like 'journey.%' order by id`;
  expect(types.map(({ type }) => type)).toEqual(['journey.enrolled', 'journey.completed']);
});

test('whoever unsubscribes leaves', async () => {
  const { sql } = database;
  const alan = await tell(sql, shop.project, 'alan', 'customer.signed_up');
  await enrolmentOf(sql, alan, (each) => each.step === 'reminder');
  await tell(sql, shop.project, 'alan', 'customer.unsubscribed');
  const ended = await enrolmentOf(sql, alan, (each) => each.state !== 'active');
  expect(ended).toMatchObject({ state: 'exited', outcome: 'customer.unsubscribed' });
});
