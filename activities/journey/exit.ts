import type { Exit } from '../../domain/journey/steps/exit.ts';
import type { StepFunction } from './step.ts';

/** Ends the journey for its members, with the outcome that the step names. */
export const exit: StepFunction = async ({ step, members }) => {
  const { outcome } = step.fields as unknown as Exit;
  return members.map(() => ({ to: 'leave', outcome }));
};
