import { z } from 'zod';
import { expression, identifier } from '../fields.ts';
import { stepKind } from '../step-kind.ts';

const fields = z.strictObject({
  cases: z
    .array(z.strictObject({ when: expression, next: identifier }))
    .min(1)
    .max(50),
  else: identifier,
});

export type Branch = z.output<typeof fields>;

export const branch = stepKind<Branch>({
  kind: 'branch',
  activity: 'branch',
  fields,
  describe: (step) => `choose one of ${step.cases.length + 1} ways`,
  continues: false,
  takesTime: () => false,
  targets: (step) => [
    ...step.cases.map((each, index) => ({ path: ['cases', index, 'next'], step: each.next })),
    { path: ['else'], step: step.else },
  ],
  expressions: (step) => step.cases.map((each, index) => ({ path: ['cases', index, 'when'], source: each.when, expected: 'bool' })),
});
