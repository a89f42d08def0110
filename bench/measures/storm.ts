import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { destinationWorkflowId, journeyWorkflowId } from '../../workflows/contracts.ts';
import { load } from '../load.ts';
import type { Servers } from '../servers.ts';
import type { Shop } from '../shop.ts';
import type { Storm } from '../storm-journey.ts';

export interface StormFigures {
  customersPerSecond: number;
  postsPerSecond: number;
  cohorts: number;
  actionsPerCustomer: number;
}

const DEADLINE_MS = 15 * 60_000;
const LOOK_SHARE = 1 / 10;

/** What Temporal counts as actions: starts, signals, timers and activities. */
const ACTIONS = new Set([
  'workflowExecutionStartedEventAttributes',
  'workflowExecutionSignaledEventAttributes',
  'timerStartedEventAttributes',
  'activityTaskScheduledEventAttributes',
  'workflowExecutionContinuedAsNewEventAttributes',
  'upsertWorkflowSearchAttributesEventAttributes',
  'markerRecordedEventAttributes',
]);

const countActions = async (servers: Servers, workflowIds: string[]): Promise<number> => {
  const connection = await Connection.connect({ address: servers.temporalAddress });
  const client = new Client({ connection });
  let actions = 0;
  for (const workflowId of workflowIds) {
    for await (const execution of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
      const history = await client.workflow.getHandle(workflowId, execution.runId).fetchHistory();
      for (const event of history.events ?? [])
        if ([...ACTIONS].some((name) => name in event && event[name as keyof typeof event] != null)) actions += 1;
    }
  }
  await connection.close();
  return actions;
};

/** Posts `customers` signed signups and waits until every journey has ended and every mail has left (or is planned, where `mails` is false). */
export const measureStorm = async (options: {
  servers: Servers;
  api: { url: string };
  shop: Shop;
  storm: Storm;
  name: string;
  customers: number;
  mails: boolean;
  log: (line: string) => void;
}): Promise<StormFigures> => {
  const { servers, api, shop, storm, name, customers, mails, log } = options;
  const { sql } = servers;
  if (!mails) await sql`update destination set state = 'paused' where id = ${storm.destinationId}`;
  const stateOf = async () => {
    const [row] = await sql<{ ended: number; planned: number; accepted: number }[]>`
      select
        (select count(*)::bigint from enrolment where project_id = ${shop.project.id} and state = 'completed') as ended,
        (select count(*)::bigint from delivery where project_id = ${shop.project.id}) as planned,
        (select count(*)::bigint from delivery where project_id = ${shop.project.id} and state = 'accepted') as accepted`;
    return row ?? { ended: 0, planned: 0, accepted: 0 };
  };
  const before = await stateOf();
  const requests = storm.signups(name, customers);
  const start = performance.now();
  const posts = await load({ url: api.url, requests, connections: 50, accept: (status) => status === 200 });
  if (posts.wrong.length > 0) throw new Error(`signups were not taken: ${posts.wrong.join(' | ')}`);
  let state = before;
  for (let tick = 0; ; tick += 1) {
    const asked = performance.now();
    state = await stateOf();
    const lookMs = performance.now() - asked;
    const messages = (mails ? state.accepted : state.planned) - (mails ? before.accepted : before.planned);
    if (state.ended - before.ended === customers && messages === 2 * customers) break;
    if (performance.now() - start > DEADLINE_MS) throw new Error(`the storm did not settle: ${JSON.stringify(state)}`);
    if (tick % 20 === 19) log(`  ${state.ended - before.ended} of ${customers} journeys ended, ${messages} mails`);
    // Looking counts tens of thousands of rows, and is to take none of the time that is measured.
    await sleep(Math.max(250, lookMs / LOOK_SHARE));
  }
  const elapsed = (performance.now() - start) / 1000;

  const [coupons] = await sql<{ issued: number; expired: number }[]>`
    select count(*)::bigint as issued, count(*) filter (where expired_at is not null)::bigint as expired
    from voucher v join customer c on c.project_id = v.project_id and c.id = v.holder_id
    where v.project_id = ${shop.project.id} and starts_with(c.source_id, ${`${name}-`})`;
  if (coupons?.issued !== customers || coupons.expired !== customers)
    throw new Error(`coupons: ${JSON.stringify(coupons)} of ${customers}`);
  const cohorts = await sql<{ id: string }[]>`
    select distinct e.cohort_id as id from enrolment e join customer c on c.project_id = e.project_id and c.id = e.customer_id
    where e.project_id = ${shop.project.id} and starts_with(c.source_id, ${`${name}-`})`;
  const workflows = [...cohorts.map(({ id }) => journeyWorkflowId(id)), destinationWorkflowId(storm.destinationId)];
  const actions = await countActions(servers, workflows);
  return {
    customersPerSecond: customers / elapsed,
    postsPerSecond: posts.perSecond,
    cohorts: cohorts.length,
    actionsPerCustomer: actions / customers,
  };
};
