import { proxyActivities, type ActivityFunctionWithOptions } from '@temporalio/workflow';
import type { BulkActivities } from '../activities/bulk/bulk-activities.ts';
import type { DeliveryActivities } from '../activities/delivery/deliveries.ts';
import type { JourneyActivities } from '../activities/journey/activities.ts';
import type { WatchActivities } from '../activities/watch.ts';
import type { StepInput, StepResult } from '../activities/journey/step.ts';

/** Each is a transaction of a second or less; a minute means that its worker died. */
const transaction = { startToCloseTimeout: '1 minute' } as const;

/** What only reads, or only holds: it is tried for as long as it takes. */
export const cohort = proxyActivities<Pick<JourneyActivities, 'loadCohort' | 'holdMembers'>>({
  ...transaction,
  retry: { initialInterval: '200 ms', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

type StepActivity = ActivityFunctionWithOptions<(input: StepInput) => Promise<StepResult>>;

const steps = proxyActivities({
  ...transaction,
  retry: { initialInterval: '200 ms', backoffCoefficient: 2, maximumInterval: '30 seconds', maximumAttempts: 8 },
}) as unknown as Record<string, StepActivity>;

/**
 * The activity of a kind of step, by the name that came with the group, so that a new kind changes nothing here. Its retries are
 * bounded: what cannot be done is held, for people to see.
 */
export const stepActivity = (name: string): StepActivity => steps[name] as StepActivity;

/** A drain runs for seconds and may then wait for what is on the wire; while it lives, it says so. */
export const { drain } = proxyActivities<DeliveryActivities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/** Works for seconds, and says how far it is after each batch; tried for as long as it takes. */
export const { workOnAction, makeVouchers } = proxyActivities<BulkActivities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/** Works for seconds, and says how many entered after each batch; tried for as long as it takes. */
export const launches = proxyActivities<Pick<JourneyActivities, 'startMembers' | 'launchScheduled'>>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '500 ms', maximumInterval: '1 minute' },
});

/** A round that fails is left to the next one. */
export const watching = proxyActivities<WatchActivities>({
  ...transaction,
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds', maximumAttempts: 5 },
});
