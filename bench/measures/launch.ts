import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Servers } from '../servers.ts';
import type { Shop } from '../shop.ts';
import { setUpStorm } from '../storm-journey.ts';

export interface LaunchFigures {
  /** From the launch until the last member is in, without the pause. */
  startedPerSecond: number;
  /** From the launch until the last mail was accepted, without the pause. */
  mailedPerSecond: number;
  cohorts: number;
  /** How much memory the worker took at a fifth of the mails and at the end, in megabytes. */
  memoryMb: { early: number; late: number };
}

const STARTS_PER_SECOND = 1000;
const PAUSE_MS = 3_000;
const DEADLINE_MS = 60 * 60_000;

const journey = `
journey: everybody
trigger: { manual: true, reentry: never }
steps:
  coupon: { do: issue_coupon, campaign: welcome, expires: { after: P7D }, as: welcome }
  mail: { do: send_email, template: welcome, topic: transactional }
`;

const memoryOf = (pid: number): number => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

/**
 * Launches a journey for an audience, pauses it in the middle and resumes it. Throws where somebody entered while it was paused, was left
 * out, entered or was written to twice, or where more entered in a second than may.
 */
export const measureLaunch = async (options: {
  servers: Servers;
  api: { url: string };
  worker: { pid: number };
  shop: Shop;
  audience: number;
  log: (line: string) => void;
}): Promise<LaunchFigures> => {
  const { servers, api, worker, shop, audience, log } = options;
  const { sql } = servers;
  const call = async (method: string, path: string, body?: unknown, type = 'application/json') => {
    const response = await fetch(`${api.url}/v1${path}`, {
      method,
      headers: { ...shop.headers, 'content-type': type },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const answer = (await response.json()) as { id: string; state: string; total: number; progress: Record<string, number> };
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  const check = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(`the launch: ${what}`);
  };

  await setUpStorm(servers, api, shop);
  await call('POST', '/journeys', journey, 'application/yaml');
  await sql`
    insert into customer (project_id, id, source_id, name, email, timezone)
    select ${shop.project.id}, 'cust_' || md5(i::text), 'member-' || i, 'Ada', 'member-' || i || '@example.com', 'Europe/Berlin'
    from generate_series(1, ${audience}::int) i`;
  await sql`vacuum analyze customer`;
  const mails = new Map<string, number>();
  servers.sink.onMail((to) => {
    for (const address of to) mails.set(address, (mails.get(address) ?? 0) + 1);
  });
  const until = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
    for (const end = Date.now() + DEADLINE_MS; Date.now() < end; await sleep(500)) if (await isSo()) return;
    throw new Error(`the launch: not ${what} within ${DEADLINE_MS / 60_000} minutes, ${mails.size} mails came`);
  };

  const started = performance.now();
  const query = { source_id: { conditions: { $starts_with: ['member-'] } } };
  const launch = await call('POST', '/journeys/everybody/launch', { audience: { query }, starts_per_second: STARTS_PER_SECOND });
  const path = `/journeys/everybody/launches/${launch.id}`;
  check(launch.total === audience, `${launch.total} of ${audience} were written down`);
  const entered = async (): Promise<number> =>
    (await sql<{ count: number }[]>`select count(*) as count from enrolment where launch_id = ${launch.id}`)[0]?.count ?? 0;
  await until('two fifths in', async () => (await entered()) >= audience * 0.4);
  await call('POST', `${path}/pause`);
  const paused = await entered();
  const mailedAtPause = mails.size;
  await sleep(PAUSE_MS);
  check((await entered()) === paused && paused < audience, `${paused} were in when it was paused, then ${await entered()}`);
  log(`  paused with ${paused} in and ${mailedAtPause} mails sent`);
  await call('POST', `${path}/resume`);
  await until('all in', async () => (await call('GET', path)).state === 'done');
  const inAt = performance.now();
  log(`  all are in, ${mails.size} mails were sent`);
  await until('a fifth of the mails', () => mails.size >= audience / 5);
  const early = memoryOf(worker.pid);
  await until('all mails', () => mails.size >= audience);
  const mailedAt = performance.now();
  await until('all recorded', async () => {
    const [row] = await sql<{ left: number }[]>`
      select count(*) as left from delivery where project_id = ${shop.project.id} and state <> 'accepted'`;
    return row?.left === 0;
  });
  const late = memoryOf(worker.pid);

  const [books] = await sql<
    { enrolments: number; customers: number; cohorts: number; coupons: number; deliveries: number; most: number }[]
  >`
    select count(*) as enrolments, count(distinct customer_id) as customers, count(distinct cohort_id) as cohorts,
      (select count(*) from voucher where project_id = ${shop.project.id}) as coupons,
      (select count(*) from delivery where project_id = ${shop.project.id}) as deliveries,
      (select max(count) from (select count(*) as count from enrolment where launch_id = ${launch.id} group by date_trunc('second', entered_at)) s) as most
    from enrolment where launch_id = ${launch.id}`;
  for (const what of ['enrolments', 'customers', 'coupons', 'deliveries'] as const)
    check(books?.[what] === audience, `${books?.[what]} ${what} for ${audience} members`);
  check((books?.most ?? 0) <= STARTS_PER_SECOND, `${books?.most} entered in one second`);
  const repeated = [...mails.values()].filter((times) => times > 1).length;
  check(mails.size === audience && repeated === 0, `${mails.size} were written to, ${repeated} of them twice`);
  const perSecond = (at: number): number => audience / ((at - started - PAUSE_MS) / 1000);
  return {
    startedPerSecond: perSecond(inAt),
    mailedPerSecond: perSecond(mailedAt),
    cohorts: books?.cohorts ?? 0,
    memoryMb: { early, late },
  };
};
