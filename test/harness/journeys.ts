import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { parse } from 'yaml';
import { createJourneyActivities } from '../../activities/journey/activities.ts';
import { publishJourney } from '../../activities/journey/publish.ts';
import type { Transport } from '../../activities/delivery/transport.ts';
import { publishTemplate } from '../../activities/mail/publish.ts';
import { createCampaign } from '../../db/campaign/campaigns.ts';
import type { Sql } from '../../db/client.ts';
import { upsertCustomers, type Customer } from '../../db/customer/customers.ts';
import { ensureSmtpRoute } from '../../db/delivery/destinations.ts';
import { recordEvents } from '../../db/event/events.ts';
import { createJourneyVersions } from '../../db/journey/versions.ts';
import type { Published } from '../../db/journey/journeys.ts';
import type { Project } from '../../db/project/projects.ts';
import type { Build } from '../../relay/build.ts';
import { createRouteEvents } from '../../relay/route-events.ts';
import { versioned } from '../../bin/workers.ts';
import { createDeliveryEngine } from './mailing.ts';
import { createTestRelay } from './relay.ts';
import type { TestTemporal } from './temporal.ts';

const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));
let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;
const quiet = new DefaultLogger('WARN');

/** The workflows' bundle, made once in a test file. */
export const workflowBundle = (): Promise<WorkflowBundleWithSourceMap> => (bundle ??= bundleWorkflowCode({ workflowsPath, logger: quiet }));

// The runtime of Temporal's SDK is one for the process, and is there once something connects.
Runtime.install({ logger: quiet, shutdownSignals: [] });

export interface JourneyEngine {
  stop: () => Promise<void>;
}

/** Workers and a relay that run journeys and deliver their mails, as bin/ wires them. */
export const startJourneyEngine = async (
  sql: Sql,
  temporal: TestTemporal,
  smtpUrl: string,
  webhook?: Transport,
  build?: Build,
): Promise<JourneyEngine> => {
  const now = () => new Date();
  const versions = createJourneyVersions();
  const delivery = createDeliveryEngine(sql, smtpUrl, webhook && { webhook });
  const workflows = {
    workflowBundle: await workflowBundle(),
    connection: temporal.nativeConnection,
    namespace: temporal.namespace,
    ...versioned(build),
  };
  const workers = [
    await Worker.create({
      ...workflows,
      taskQueue: temporal.taskQueues.journeys,
      activities: createJourneyActivities({ sql, versions, now, randomBytes }),
    }),
    await Worker.create({ ...workflows, taskQueue: temporal.taskQueues.deliveries, activities: delivery.activities }),
  ];
  const running = workers.map((worker) => worker.run());
  const relay = createTestRelay({
    sql,
    client: temporal.client,
    taskQueues: temporal.taskQueues,
    routes: [createRouteEvents({ versions, now })],
  });
  relay.start();
  return {
    stop: async () => {
      await relay.stop();
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await delivery.close();
    },
  };
};

const shipped = (path: string): string => readFileSync(new URL(`../../templates/${path}`, import.meta.url), 'utf8');

/** Gives a project what its journeys need: a mail route, the templates and the campaign that ship. */
export const prepareJourneys = async (sql: Sql, project: Project): Promise<void> => {
  await ensureSmtpRoute(sql, project.id, { from: { name: 'Acme', email: 'shop@acme.example' } });
  const { voucher, ...campaign } = parse(shipped('campaigns/welcome.yaml')) as { voucher: never; name: string };
  await sql.begin(async (tx) => {
    await createCampaign(
      tx,
      {
        projectId: project.id,
        name: campaign.name,
        campaignType: 'DISCOUNT_COUPONS',
        type: 'AUTO_UPDATE',
        template: voucher,
        startDate: null,
        expirationDate: null,
        active: true,
        category: null,
        description: null,
        metadata: {},
      },
      new Date(),
    );
    for (const key of ['welcome', 'reminder']) await publishTemplate(tx, project.id, key, shipped(`emails/${key}.mjml.hbs`));
  });
};

export const publish = (sql: Sql, project: Project, definition: unknown): Promise<Published> =>
  sql.begin((tx) => publishJourney(tx, project, definition, { now: new Date() }));

export const publishSignup = (sql: Sql, project: Project): Promise<Published> => publish(sql, project, shipped('journeys/signup.yaml'));

let told = 0;

/** Something that happened to a customer, as their CRM or the checkout tells it. The customer is made where they are new. */
export const tell = async (
  sql: Sql,
  project: Project,
  sourceId: string,
  type: string,
  data: Record<string, unknown> = {},
  more: { dedupeKey?: string; at?: Date; email?: string } = {},
): Promise<Customer> => {
  const number = (told += 1);
  return sql.begin(async (tx) => {
    const email = more.email ?? `${sourceId}@example.com`;
    const input = { sourceId, email, name: 'Ada Lovelace', timezone: 'Europe/Berlin' };
    const [customer] = await upsertCustomers(tx, project.id, [input]);
    if (customer === undefined) throw new Error('no customer');
    const occurredAt = more.at ?? new Date(Date.now() + customer.clockOffsetMs);
    const dedupeKey = more.dedupeKey ?? `told ${number}`;
    await recordEvents(tx, [{ projectId: project.id, type, customerId: customer.id, data, dedupeKey, occurredAt }]);
    return customer;
  });
};

export interface EnrolmentState {
  id: string;
  state: string;
  outcome: string | null;
  step: string | null;
  dueAt: Date | null;
  cohortId: string;
  context: { coupons: Record<string, { id: string; code: string; expires_at: string | null }> };
  steps: string[];
}

export const enrolmentsOf = async (sql: Sql, customer: { id: string }): Promise<EnrolmentState[]> => sql<EnrolmentState[]>`
  select e.id, e.state, e.outcome, e.step, e.due_at, e.cohort_id, e.context, coalesce((
    select array_agg(s.step || ': ' || s.outcome order by s.at, s.recorded_at) from enrolment_step s where s.enrolment_id = e.id), '{}') as steps
  from enrolment e where e.customer_id = ${customer.id} order by e.id`;

/** Waits until the customer's only enrolment is as asked. @throws with what it is, when it does not get there in time */
export const enrolmentOf = async (
  sql: Sql,
  customer: { id: string },
  wanted: (enrolment: EnrolmentState) => boolean,
  withinMs = 20_000,
): Promise<EnrolmentState> => {
  let last: EnrolmentState[] = [];
  for (const end = performance.now() + withinMs; performance.now() < end; await sleep(20)) {
    last = await enrolmentsOf(sql, customer);
    const [only] = last;
    if (only !== undefined && last.length === 1 && wanted(only)) return only;
  }
  throw new Error(`within ${withinMs} ms the enrolment did not get there: ${JSON.stringify(last)}`);
};
