/** What a client needs to start and signal workflows and activities by name, without loading their code. */

export interface TaskQueues {
  journeys: string;
  deliveries: string;
  checkout: string;
}

/** The task queues of one installation; several can share a Temporal namespace under different prefixes. */
export const taskQueues = (prefix: string): TaskQueues => ({
  journeys: `${prefix}-journeys`,
  deliveries: `${prefix}-deliveries`,
  checkout: `${prefix}-checkout`,
});

export const WORKFLOWS = {
  journey: 'journey',
  destination: 'destination',
  asyncAction: 'asyncAction',
  launch: 'launch',
  scheduledLaunch: 'scheduledLaunch',
  watch: 'watch',
  tidyUp: 'tidyUp',
} as const;

/** Wakes a journey's cohort or a destination: look at Postgres again. It carries nothing, since Postgres is the truth. */
export const WAKE_SIGNAL = 'wake';

export interface JourneyInput {
  cohortId: string;
  /** Continues as new after so many events, also where the server does not suggest it yet. */
  historyLimit?: number;
}

/** What executions can be found by in Temporal, where the server knows these attributes. Nothing in them is personal. */
export const SEARCH_ATTRIBUTES = { project: 'CouponryProject', journey: 'CouponryJourney', version: 'CouponryVersion' } as const;

export interface DestinationInput {
  destinationId: string;
}

export interface AsyncActionInput {
  actionId: string;
}

export interface LaunchInput {
  launchId: string;
}

export interface ScheduledLaunchInput {
  projectId: string;
  journeyId: string;
}

export const journeyWorkflowId = (cohortId: string): string => `journey-${cohortId}`;
export const destinationWorkflowId = (destinationId: string): string => `destination-${destinationId}`;
export const launchWorkflowId = (launchId: string): string => `launch-${launchId}`;
export const scheduleId = (journeyId: string): string => `schedule-${journeyId}`;
export const asyncActionWorkflowId = (actionId: string): string => `async-action-${actionId}`;
