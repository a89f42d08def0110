import type { StepFunction } from './step.ts';

/** Ends the journey of those who were held out and did not reach the goal in its time. */
export const endHoldout: StepFunction = async ({ members }) => members.map(() => ({ to: 'leave', outcome: 'holdout' }));
