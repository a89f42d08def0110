import { z } from 'zod';
import { stepKind } from '../step-kind.ts';

const fields = z.strictObject({ outcome: z.string().min(1).max(100) });

export type Exit = z.output<typeof fields>;

export const exit = stepKind<Exit>({
  kind: 'exit',
  activity: 'exit',
  fields,
  describe: (step) => `leave: ${step.outcome}`,
  continues: false,
  takesTime: () => false,
});
