import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Shop } from './shop.ts';

/** Megabytes that a process has in memory now; 0 where the system does not say. */
export const residentMb = (pid: number): number => {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
};

export interface ActionResult {
  done: number;
  failed: number;
  /** The most that was seen in memory while it ran, of each process. */
  peakMb: number[];
}

/** Waits for an asynchronous action to end. @throws where it failed */
export const finished = async (url: string, shop: Shop, actionId: string, pids: number[]): Promise<ActionResult> => {
  const peakMb = pids.map(residentMb);
  for (;;) {
    const answer = await fetch(`${url}/v1/async-actions/${actionId}`, { headers: shop.headers });
    const action = (await answer.json()) as {
      status: string;
      result: { done_count: number; failed_count?: number; message?: string } | null;
    };
    for (const [index, pid] of pids.entries()) peakMb[index] = Math.max(peakMb[index]!, residentMb(pid));
    if (action.status === 'FAILED') throw new Error(`the action failed: ${action.result?.message}`);
    if (action.status === 'DONE') return { done: action.result!.done_count, failed: action.result!.failed_count ?? 0, peakMb };
    await sleep(25);
  }
};
