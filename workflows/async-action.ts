import { continueAsNew, defineSignal, patched, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { WAKE_SIGNAL, type AsyncActionInput } from './contracts.ts';
import { makeVouchers, workOnAction } from './proxies.ts';

/** Does what a request asked for and did not wait for, some seconds at a time. How far it is, only Postgres knows. */
export async function asyncAction(input: AsyncActionInput): Promise<void> {
  // Who wakes it starts it; while it runs it needs no waking.
  setHandler(defineSignal(WAKE_SIGNAL), () => {});
  // Those that were started when codes were all there was go on by the old name.
  const work = patched('work-on-action') ? workOnAction : makeVouchers;
  for (;;) {
    const { done, total, finished } = await work.executeWithOptions({ summary: 'a few seconds of it' }, [input]);
    setCurrentDetails(`${done} of ${total}`);
    if (finished) return;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof asyncAction>(input);
  }
}
