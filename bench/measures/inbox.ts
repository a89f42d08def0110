import { setTimeout as sleep } from 'node:timers/promises';
import { load } from '../load.ts';
import type { Servers } from '../servers.ts';
import type { Shop } from '../shop.ts';
import { setUpStorm } from '../storm-journey.ts';

export interface InboxFigures {
  postsPerSecond: number;
  p99: number;
  /** From Temporal's return until the last journey began, in seconds. */
  drainedInSeconds: number;
}

const BURSTS = 10;
const BETWEEN_MS = 300;
/** A burst is shared out evenly over them, so that each post goes out once. */
const CONNECTIONS = 50;
const DEADLINE_MS = 10 * 60_000;

/** Posts `count` signups in bursts while Temporal is dead, brings it back, and waits until each has its journey. Throws where one was lost. */
export const measureInbox = async (servers: Servers, api: { url: string }, shop: Shop, count: number): Promise<InboxFigures> => {
  if (count % (BURSTS * CONNECTIONS) !== 0) throw new Error(`the number of posts must be a multiple of ${BURSTS * CONNECTIONS}`);
  const storm = await setUpStorm(servers, api, shop);
  const worker = await servers.start('worker');
  const restartTemporal = await servers.killTemporal();
  const posts = storm.signups('inbox', count);
  const accept = (status: number): boolean => status === 200;
  const figures: { perSecond: number; p99: number }[] = [];
  for (let burst = 0; burst < BURSTS; burst++) {
    const requests = posts.slice((burst * count) / BURSTS, ((burst + 1) * count) / BURSTS);
    const result = await load({ url: api.url, requests, connections: CONNECTIONS, accept });
    if (result.wrong.length > 0) throw new Error(`a post was not taken: ${result.wrong.join(' | ')}`);
    figures.push(result);
    await sleep(BETWEEN_MS);
  }
  const [kept] = await servers.sql<{ total: number }[]>`select count(*) as total from inbound_event where project_id = ${shop.project.id}`;
  if (kept?.total !== count) throw new Error(`${kept?.total} of ${count} posts were kept`);
  await restartTemporal();
  const back = performance.now();
  for (const end = Date.now() + DEADLINE_MS; ; await sleep(50)) {
    const [row] = await servers.sql<{ begun: number }[]>`
      select count(*) as begun from enrolment e where e.project_id = ${shop.project.id}
        and exists (select from enrolment_step s where s.enrolment_id = e.id)`;
    if (row?.begun === count) break;
    if (Date.now() > end) throw new Error(`only ${row?.begun} of ${count} journeys began`);
  }
  const drainedInSeconds = (performance.now() - back) / 1000;
  await worker.stop();
  const mean = figures.reduce((sum, { perSecond }) => sum + perSecond, 0) / figures.length;
  return { postsPerSecond: mean, p99: Math.max(...figures.map(({ p99 }) => p99)), drainedInSeconds };
};
