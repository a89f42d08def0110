import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publishTemplate } from '../../../activities/mail/publish.ts';
import { findCustomer, upsertCustomers } from '../../../db/customer/customers.ts';
import { createSecretBox } from '../../../db/secret-box.ts';
import { addToSegment } from '../../../db/customer/segment-members.ts';
import { createSegment, findSegment } from '../../../db/customer/segments.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { enrolmentOf, prepareJourneys, publish, startJourneyEngine, tell, type JourneyEngine } from '../../harness/journeys.ts';
import { smtpUrl } from '../../harness/mailbox.ts';
import { createProject, type TestProject } from '../../harness/project.ts';
import { connectTemporal, type TestTemporal } from '../../harness/temporal.ts';
import { createTestEndpoint, createWebhookEngine, startReceiver, type WebhookReceiver } from '../../harness/webhooks.ts';

const box = createSecretBox(randomBytes(32));
let database: TestDatabase;
let temporal: TestTemporal;
let engine: JourneyEngine;
let shop: TestProject;
let receiver: WebhookReceiver;
let hub: ReturnType<typeof createWebhookEngine>;

beforeAll(async () => {
  database = await createDatabase({ max: 30 });
  temporal = await connectTemporal();
  shop = await createProject(database.sql, { mode: 'live' });
  await prepareJourneys(database.sql, shop.project);
  receiver = await startReceiver();
  hub = createWebhookEngine(database.sql, box);
  engine = await startJourneyEngine(database.sql, temporal, smtpUrl(), hub.transport);
});

afterAll(async () => {
  await engine?.stop();
  hub?.close();
  await receiver?.close();
  await temporal?.close();
  await database?.drop();
});

const ended = (customer: { id: string }) => enrolmentOf(database.sql, customer, (each) => each.state !== 'active');

test('a customer is changed, and whoever enters a segment enters the journey that waits for it', async () => {
  const { sql } = database;
  await sql.begin(async (tx) => {
    for (const name of ['vip', 'doubtful'])
      await createSegment(tx, { projectId: shop.project.id, name, type: 'static', filter: null }, new Date());
  });
  await publish(sql, shop.project, {
    journey: 'promote',
    trigger: { event: 'promote.begin' },
    steps: {
      change: {
        do: 'update_customer',
        set: { level: "'gold'", orders: 'double(event.data.orders) + 1.0', 'seen at': 'now' },
        add_to_segment: 'vip',
        remove_from_segment: ['doubtful'],
      },
      gold: { do: 'branch', cases: [{ when: "customer.metadata.level == 'gold'", next: 'yes' }], else: 'no' },
      yes: { do: 'exit', outcome: 'gold' },
      no: { do: 'exit', outcome: 'not gold' },
    },
  });
  await publish(sql, shop.project, {
    journey: 'welcome-vips',
    trigger: { segment: 'vip' },
    steps: { greeting: { do: 'exit', outcome: 'greeted' } },
  });
  const [ada] = await sql.begin((tx) =>
    upsertCustomers(tx, shop.project.id, [{ sourceId: 'ada', metadata: { level: 'new', kept: true } }]),
  );
  const doubtful = await findSegment(sql, shop.project.id, 'doubtful');
  if (ada === undefined || doubtful === null) throw new Error('not made');
  await sql.begin((tx) => addToSegment(tx, doubtful, [ada.id], new Date()));
  await tell(sql, shop.project, 'ada', 'promote.begin', { orders: 4 });
  const outcomes = async () =>
    (await sql<{ outcome: string }[]>`select outcome from enrolment where customer_id = ${ada.id} order by outcome`).map(
      (each) => each.outcome,
    );
  await expect.poll(outcomes, { timeout: 20_000 }).toEqual(['gold', 'greeted']);
  expect((await findCustomer(sql, shop.project.id, 'ada'))?.metadata).toMatchObject({ level: 'gold', orders: 5, kept: true });
  const segments = await sql<{ name: string }[]>`
    select s.name from segment_member m join segment s on s.id = m.segment_id where m.customer_id = ${ada.id}`;
  expect(segments.map((each) => each.name)).toEqual(['vip']);
});

test('a webhook carries the coupon and the rendered mail to a system that sends it', async () => {
  const { sql } = database;
  const endpoint = await createTestEndpoint(sql, box, shop.project.id, {
    url: receiver.url,
    event_types: ['coupon.rendered', 'shop.told'],
  });
  await publish(sql, shop.project, {
    journey: 'handover',
    trigger: { event: 'handover.begin' },
    steps: {
      gift: { do: 'issue_coupon', campaign: 'welcome', as: 'gift', expires: { after: 'P14D' } },
      mail: { do: 'send_webhook', endpoint: endpoint.id, template: 'welcome', topic: 'offers', body: { list: "'spring'" } },
      plain: { do: 'send_webhook', event: 'shop.told', body: { code: 'coupon.gift.code', points: '3 * 4' } },
    },
  });
  const bob = await tell(sql, shop.project, 'bob', 'handover.begin', {}, { email: 'bob@example.com' });
  const { context } = await enrolmentOf(sql, bob, (each) => each.state === 'completed');
  await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(2);
  const bodies = receiver.received.map(
    (each) => JSON.parse(each.body) as { type: string; customer: object; data: Record<string, unknown> },
  );
  const code = context.coupons.gift?.code;
  expect(bodies.find((each) => each.type === 'coupon.rendered')).toMatchObject({
    customer: { id: bob.id, source_id: 'bob' },
    data: {
      code,
      expires_at: context.coupons.gift?.expires_at,
      customer: { email: 'bob@example.com', name: 'Ada Lovelace' },
      from: { email: 'shop@acme.example' },
      subject: expect.stringContaining('10% off'),
      html: expect.stringContaining(code ?? '?'),
      text: expect.stringContaining(code ?? '?'),
      topic: 'offers',
      unsubscribe_url: expect.stringMatching(/^https:\/\/hub\.example\/u\//),
      journey: 'handover',
      step: 'mail',
      metadata: { list: 'spring' },
    },
  });
  expect(bodies.find((each) => each.type === 'shop.told')?.data).toMatchObject({ code, points: 12, step: 'plain' });
  expect(bodies).toHaveLength(2);

  // Whoever unsubscribed is left alone by this way, too.
  await sql`update customer set unsubscribed_at = now() where source_id = 'bob'`;
  await publish(sql, shop.project, {
    journey: 'handover-2',
    trigger: { event: 'handover-2.begin' },
    steps: {
      gift: { do: 'issue_coupon', campaign: 'welcome', as: 'gift', expires: { after: 'P14D' } },
      mail: { do: 'send_webhook', endpoint: endpoint.name, template: 'welcome', topic: 'offers' },
    },
  });
  const [again] = await sql<{ id: string }[]>`select id from customer where source_id = 'bob'`;
  await tell(sql, shop.project, 'bob', 'handover-2.begin', {}, { email: 'bob@example.com' });
  await expect
    .poll(
      async () =>
        (
          await sql<{ outcome: string }[]>`
            select s.outcome from enrolment_step s join enrolment e on e.id = s.enrolment_id join journey j on j.id = e.journey_id
            where e.customer_id = ${again?.id ?? ''} and j.key = 'handover-2' and s.step = 'mail'`
        ).map((each) => each.outcome),
      { timeout: 20_000 },
    )
    .toEqual(['skipped']);
});

test('a mail goes in the language of its reader, where there is one', async () => {
  const { sql } = database;
  const mail = (text: string) =>
    `---\nsubject: "${text} {{coupon.code}}"\n---\n<mjml><mj-body><mj-section><mj-column><mj-text>${text}</mj-text></mj-column></mj-section></mj-body></mjml>\n`;
  await sql.begin(async (tx) => {
    await publishTemplate(tx, shop.project.id, 'hello', mail('Hello'));
    await publishTemplate(tx, shop.project.id, 'hello-de', mail('Hallo'));
  });
  await publish(sql, shop.project, {
    journey: 'greet',
    trigger: { event: 'greet.begin' },
    steps: {
      gift: { do: 'issue_coupon', campaign: 'welcome', as: 'gift', expires: { after: 'P14D' } },
      mail: { do: 'send_email', template: 'hello', locale: 'customer.locale', when: 'has(customer.locale)' },
    },
  });
  const templateOf = async (sourceId: string, locale: string) => {
    await sql.begin((tx) => upsertCustomers(tx, shop.project.id, [{ sourceId, locale }]));
    const customer = await tell(sql, shop.project, sourceId, 'greet.begin');
    const { id } = await ended(customer);
    const [row] = await sql<{ template: string }[]>`select payload ->> 'template' as template from delivery where enrolment_id = ${id}`;
    return row?.template;
  };
  expect(await templateOf('dora', 'de-AT')).toBe('hello-de');
  expect(await templateOf('fred', 'fr')).toBe('hello');
});
