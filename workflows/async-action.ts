import { continueAsNew, defineSignal, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { WAKE_SIGNAL, type AsyncActionInput } from './contracts.ts';
import { makeVouchers } from './proxies.ts';

/** Does what a request asked for and did not wait for, some seconds at a time. How far it is, only Postgres knows. */
export async function asyncAction(input: AsyncActionInput): Promise<void> {
  // Who wakes it starts it; while it runs it needs no waking.
  setHandler(defineSignal(WAKE_SIGNAL), () => {});
  for (;;) {
    const { done, total, finished } = await makeVouchers.executeWithOptions({ summary: 'make codes' }, [input]);
    setCurrentDetails(`${done} of ${total}`);
    if (finished) return;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof asyncAction>(input);
  }
}
