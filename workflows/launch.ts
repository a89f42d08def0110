import { condition, continueAsNew, defineSignal, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { WAKE_SIGNAL, type LaunchInput, type ScheduledLaunchInput } from './contracts.ts';
import { launches } from './proxies.ts';

/** So that one that may go on at once does not spin. */
const SHORTEST_SLEEP_MS = 50;

/** Lets the members of a launch in, some seconds at a time. Who is in, and when the next may enter, only Postgres knows. */
export async function launch(input: LaunchInput): Promise<void> {
  let woken = false;
  setHandler(defineSignal(WAKE_SIGNAL), () => {
    woken = true;
  });
  for (;;) {
    woken = false;
    const { entered, nextAt } = await launches.startMembers.executeWithOptions({ summary: 'let the next members in' }, [input]);
    setCurrentDetails(`${entered} entered at last; ${nextAt === null ? 'nobody is to enter for now' : `the next at ${nextAt}`}`);
    if (nextAt === null) {
      if (!woken) return;
    } else {
      const waitMs = Math.max(SHORTEST_SLEEP_MS, Date.parse(nextAt) - Date.now());
      await condition(() => woken, waitMs, { summary: `until ${nextAt}, or woken` });
    }
    // The new run begins with a look, so a wake-up that this one has not heeded is not lost.
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof launch>(input);
  }
}

/** What a journey's schedule starts: a launch for its audience as it is now. */
export async function scheduledLaunch(input: ScheduledLaunchInput): Promise<void> {
  const run = workflowInfo().workflowId;
  await launches.launchScheduled.executeWithOptions({ summary: 'launch for the audience of now' }, [{ ...input, run }]);
}
