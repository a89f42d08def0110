import { watching } from './proxies.ts';

/** Each minute: what is overdue is woken. */
export async function watch(): Promise<void> {
  await watching.wakeOverdue();
}

/** Each day: what is kept for a time only is forgotten. */
export async function tidyUp(): Promise<void> {
  await watching.tidyUp();
}
