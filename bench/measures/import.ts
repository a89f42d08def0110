import { finished, residentMb } from '../bulk.ts';
import type { Servers } from '../servers.ts';
import type { Shop } from '../shop.ts';

export interface ImportFigures {
  perSecond: number;
  /** By how much the memory of the API and of the worker grew at the most. */
  grewMb: number;
}

const MOST_MB = 500;

const row = (index: number): string =>
  `IMP-${index.toString(36).toUpperCase()}-${(index * 7_919) % 99_991},PERCENT,10,spring,1,true,Bern\n`;

/** A CSV file of vouchers of their own, from the upload until all are in the table; one row in a thousand is wrong. */
export const measureImport = async (
  servers: Servers,
  api: { url: string; pid: number },
  worker: { pid: number },
  shop: Shop,
  count: number,
): Promise<ImportFigures> => {
  const header = 'Code,Discount Type,Value,Category,Redemption Limit,Active,Shop\n';
  const upload = async (rows: string): Promise<string> => {
    const form = new FormData();
    form.append('file', new Blob([header, rows], { type: 'text/csv' }), 'vouchers.csv');
    const answer = await fetch(`${api.url}/v1/vouchers/importCSV`, { method: 'POST', headers: shop.headers, body: form });
    if (answer.status !== 202) throw new Error(await answer.text());
    return ((await answer.json()) as { async_action_id: string }).async_action_id;
  };
  await finished(api.url, shop, await upload('WARM-1,PERCENT,10,spring,1,true,Bern\n'), []);
  const rows = Array.from({ length: count }, (_, index) => (index % 1_000 === 999 ? 'BAD,PERCENT,200,,,,\n' : row(index))).join('');
  const before = [api.pid, worker.pid].map(residentMb);

  const began = performance.now();
  const { done, failed, peakMb } = await finished(api.url, shop, await upload(rows), [api.pid, worker.pid]);
  const seconds = (performance.now() - began) / 1_000;

  const wrong = Math.floor(count / 1_000);
  const [written] = await servers.sql<{ count: number }[]>`
    select count(*) from voucher where project_id = ${shop.project.id} and starts_with(code, 'IMP-')`;
  if (done !== count - wrong || failed !== wrong || written?.count !== count - wrong)
    throw new Error(`of ${count} rows ${done} were told and ${written?.count} are there; ${failed} of ${wrong} wrong ones were told`);
  const grewMb = Math.max(...peakMb.map((peak, index) => peak - before[index]!));
  if (grewMb > MOST_MB) throw new Error(`memory grew by ${grewMb.toFixed(0)} MB`);
  return { perSecond: count / seconds, grewMb };
};
