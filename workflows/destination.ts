import { condition, continueAsNew, defineSignal, proxyActivities, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import type { DeliveryActivities } from '../activities/delivery/deliveries.ts';
import { WAKE_SIGNAL, type DestinationInput } from './contracts.ts';

/** A drain runs for seconds and may then wait for what is on the wire; while it lives, it says so. */
const { drain } = proxyActivities<DeliveryActivities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

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
