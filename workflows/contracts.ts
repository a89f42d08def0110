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
  watch: 'watch',
  tidyUp: 'tidyUp',
} as const;

/** Wakes a journey's cohort or a destination: look at Postgres again. It carries nothing, since Postgres is the truth. */
export const WAKE_SIGNAL = 'wake';

export interface JourneyInput {
  cohortId: string;
}

export interface DestinationInput {
  destinationId: string;
}

export interface AsyncActionInput {
  actionId: string;
}

export const journeyWorkflowId = (cohortId: string): string => `journey-${cohortId}`;
export const destinationWorkflowId = (destinationId: string): string => `destination-${destinationId}`;
export const asyncActionWorkflowId = (actionId: string): string => `async-action-${actionId}`;
