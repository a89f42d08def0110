import { condition, continueAsNew, defineSignal, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { WAKE_SIGNAL, type DestinationInput } from './contracts.ts';
import { drain } from './proxies.ts';

/** So that a row that cannot be taken this instant, since somebody holds it, is not asked for again without a pause. */
const SHORTEST_SLEEP_MS = 100;

/**
 * Drains one destination until nothing is planned for it. What is planned, and when, only Postgres knows; a wake-up says: look again.
 * `pending` is cleared before a drain, never after it, so that a wake-up that comes while it runs is heeded.
 */
export async function destination(input: DestinationInput): Promise<void> {
  let pending = false;
  setHandler(defineSignal(WAKE_SIGNAL), () => {
    pending = true;
  });
  for (;;) {
    pending = false;
    const { found, done, nextDue } = await drain.executeWithOptions({ summary: 'send what is due' }, [input]);
    setCurrentDetails(`The last drain found ${found}.`);
    if (done && !pending) {
      if (nextDue === null) return;
      const wait = Math.max(SHORTEST_SLEEP_MS, Date.parse(nextDue) - Date.now());
      await condition(() => pending, wait, { summary: `until ${nextDue}, or woken` });
    }
    // The new run begins with a drain, so a wake-up that this one has not heeded is not lost.
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof destination>(input);
  }
}
