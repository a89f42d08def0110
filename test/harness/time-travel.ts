import { createFastForward } from '../../activities/time-travel/fast-forward.ts';
import { createTimeSkipping } from '../../activities/time-travel/time-skipping.ts';
import type { Sql } from '../../db/client.ts';
import type { Project } from '../../db/project/projects.ts';
import { journeyWorkflowId } from '../../workflows/contracts.ts';
import type { TestTemporal } from './temporal.ts';

let keys = 0;

/** Turns customers' clocks on, on the real engine. @returns what passed, as `step outcome` */
export const createTravels = (sql: Sql, temporal: TestTemporal, project: Project) => {
  const now = () => new Date();
  const skipping = createTimeSkipping({ client: temporal.client, now });
  const fastForward = createFastForward({ sql, now, skipping, workflowIdOf: journeyWorkflowId });
  return async (customer: string, duration: string): Promise<string[]> => {
    const { passed } = await fastForward({ project, customer, duration, key: `travel ${(keys += 1)}` });
    return passed.map((each) => `${each.step || each.kind} ${each.outcome}`);
  };
};
