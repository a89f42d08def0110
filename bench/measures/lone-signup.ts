import { setTimeout as sleep } from 'node:timers/promises';
import type { Servers } from '../servers.ts';
import type { Storm } from '../storm-journey.ts';

/** One customer at a time: from the webhook's post until SMTP has accepted the mail, in milliseconds, sorted. */
export const measureLoneSignups = async (
  servers: Servers,
  api: { url: string },
  storm: Storm,
  run: string,
  count: number,
): Promise<number[]> => {
  const accepted = new Map<string, number>();
  servers.sink.onMail((to, at) => {
    for (const address of to) if (!accepted.has(address)) accepted.set(address, at);
  });
  const times: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const name = `${run}${i}`;
    const [request] = storm.signups(name, 1);
    if (request === undefined) throw new Error('no request');
    const start = Date.now();
    const response = await fetch(`${api.url}${request.path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...request.headers },
      body: request.body,
    });
    if (!response.ok) throw new Error(`a signup was answered ${response.status}`);
    const address = `${name}-0@example.com`;
    while (!accepted.has(address)) {
      if (Date.now() - start > 30_000) throw new Error(`no mail to ${address} within 30 s`);
      await sleep(2);
    }
    times.push((accepted.get(address) as number) - start);
    // Long enough for everything to be idle again: this measures the way of one customer who comes alone.
    await sleep(3500);
  }
  return times.toSorted((a, b) => a - b);
};
