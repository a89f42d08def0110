import { finished, residentMb } from '../bulk.ts';
import type { Servers } from '../servers.ts';
import type { Shop } from '../shop.ts';

export interface CodesFigures {
  perSecond: number;
  /** By how much the worker's memory grew at the most. */
  grewMb: number;
}

/** The most that making any number of codes may take in memory. */
const MOST_MB = 400;

/** Codes asked of the API in one request, until all are in the table and the action says so. */
export const measureCodes = async (
  servers: Servers,
  api: { url: string },
  worker: { pid: number },
  shop: Shop,
  count: number,
): Promise<CodesFigures> => {
  const post = async (path: string, body: object): Promise<Record<string, string>> => {
    const answer = await fetch(api.url + path, {
      method: 'POST',
      headers: { ...shop.headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as Record<string, string>;
  };
  const campaign = await post('/v1/campaigns', {
    name: 'Codes',
    type: 'STATIC',
    voucher: { discount: { type: 'PERCENT', percent_off: 10 }, redemption: { quantity: 1 }, code_config: { pattern: 'C-##########' } },
  });
  // The worker's first batch loads its code.
  const warm = await post('/v1/campaigns/Codes/vouchers?vouchers_count=1000', {});
  await finished(api.url, shop, warm['async_action_id']!, []);
  const before = residentMb(worker.pid);

  const began = performance.now();
  const { async_action_id: id } = await post(`/v1/campaigns/Codes/vouchers?vouchers_count=${count}`, {});
  const { done, peakMb } = await finished(api.url, shop, id!, [worker.pid]);
  const seconds = (performance.now() - began) / 1_000;

  const [row] = await servers.sql<{ count: number; codes: number }[]>`
    select count(*), count(distinct code_key) as codes from voucher where project_id = ${shop.project.id} and campaign_id = ${campaign['id']!}`;
  if (done !== count || row?.count !== count + 1_000 || row.codes !== row.count)
    throw new Error(`${count} codes were asked for: ${done} were told, ${row?.count} are there, ${row?.codes} of them different`);
  const grewMb = peakMb[0]! - before;
  if (grewMb > MOST_MB) throw new Error(`the worker's memory grew by ${grewMb.toFixed(0)} MB`);
  return { perSecond: count / seconds, grewMb };
};
