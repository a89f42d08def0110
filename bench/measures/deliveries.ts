import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { planDeliveries } from '../../db/delivery/deliveries.ts';
import type { Servers } from '../servers.ts';
import type { Shop } from '../shop.ts';

export interface DeliveryFigures {
  perSecond: number;
  /** Webhooks that came more than once: they were on the wire when the worker was killed. */
  repeated: number;
  /** How much memory the worker took at a fifth of the way and at the end, in megabytes. */
  memoryMb: { early: number; late: number };
  /** From the first webhook to the last, the kills included. */
  seconds: number;
}

const DEADLINE_MS = 10 * 60_000;
const AT_ONCE = 1000;

const memoryOf = (pid: number): number => {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes ?? 0) / 1024;
};

const plan = async (servers: Servers, shop: Shop, endpointId: string, count: number): Promise<void> => {
  for (let from = 0; from < count; from += AT_ONCE) {
    const rows = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, index) => ({
      projectId: shop.project.id,
      destinationId: endpointId,
      kind: 'webhook' as const,
      dedupeKey: `bench ${endpointId} ${from + index}`,
      customerId: null,
      enrolmentId: null,
      eventId: null,
      priority: 3,
      dueAt: new Date(),
      payload: { type: 'order.paid', body: { type: 'order.paid', timestamp: new Date().toISOString(), data: { number: from + index } } },
    }));
    await servers.sql.begin((tx) => planDeliveries(tx, rows));
  }
};

/**
 * Delivers `count` webhooks to one endpoint. In the middle the worker is killed with its relay (-9), later Temporal. Throws where one was
 * lost, or came under two ids.
 */
export const measureDeliveries = async (servers: Servers, api: { url: string }, shop: Shop, count: number): Promise<DeliveryFigures> => {
  const received = new Map<string, number>();
  const receiver = await servers.startScript('./receiver.ts');
  receiver.child.on('message', (message) => {
    if (typeof message === 'object' && 'id' in message) received.set(String(message.id), (received.get(String(message.id)) ?? 0) + 1);
  });
  const response = await fetch(`${api.url}/v1/webhooks/endpoints`, {
    method: 'POST',
    headers: { ...shop.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ url: `http://127.0.0.1:${receiver.port}/hooks`, event_types: ['order.paid'] }),
  });
  const endpoint = (await response.json()) as { id: string };
  if (!response.ok) throw new Error(`the endpoint was not made: ${JSON.stringify(endpoint)}`);
  await plan(servers, shop, endpoint.id, count);

  const until = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
    for (const end = Date.now() + DEADLINE_MS; Date.now() < end; await sleep(20)) if (await isSo()) return;
    throw new Error(`within ${DEADLINE_MS / 60_000} minutes not ${what}: ${received.size} of ${count} came`);
  };
  const part = (share: number) => () => received.size >= count * share;

  const first = await servers.start('worker');
  await until('the first came', () => received.size > 0);
  const started = performance.now();
  await until('two fifths came', part(0.4));
  process.kill(first.pid, 'SIGKILL');
  const atKill = received.size;
  const second = await servers.start('worker');
  const resumed = performance.now();
  await until('three fifths came', part(0.6));
  const early = memoryOf(second.pid);
  const restartTemporal = await servers.killTemporal();
  await restartTemporal();
  await until('nearly all came', () => received.size >= count - 40);
  const perSecond = (received.size - atKill) / ((performance.now() - resumed) / 1000);
  await until('all were recorded', async () => {
    const [row] = await servers.sql<{ left: number }[]>`
      select count(*) as left from delivery where destination_id = ${endpoint.id} and state <> 'accepted'`;
    return row?.left === 0;
  });
  const late = memoryOf(second.pid);
  const seconds = (performance.now() - started) / 1000;
  await second.stop();
  await receiver.stop();
  if (received.size !== count) throw new Error(`${received.size} ids came for ${count} webhooks`);
  const repeated = [...received.values()].filter((times) => times > 1).length;
  return { perSecond, repeated, memoryMb: { early, late }, seconds };
};
