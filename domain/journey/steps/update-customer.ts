import { z } from 'zod';
import { expression } from '../fields.ts';
import { stepKind, type Reference } from '../step-kind.ts';

const segments = z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(20)]).transform((given) => [given].flat());

const fields = z
  .strictObject({
    /** Metadata by name; each is an expression. */
    set: z.record(z.string().min(1).max(100), expression).optional(),
    add_to_segment: segments.optional(),
    remove_from_segment: segments.optional(),
  })
  .superRefine((step, context) => {
    if (Object.values(step).every((each) => each === undefined)) {
      context.addIssue({ code: 'custom', message: 'needs set, add_to_segment or remove_from_segment' });
    }
  });

export type UpdateCustomer = z.output<typeof fields>;

const names = (path: string, segmentNames: readonly string[] | undefined): Reference[] =>
  (segmentNames ?? []).map((name) => ({ what: 'segment', name, path: [path] }));

/** Writes down what the journey found out about a customer: metadata, and segments that are kept by hand. */
export const updateCustomer = stepKind<UpdateCustomer>({
  kind: 'update_customer',
  activity: 'updateCustomers',
  fields,
  describe: (step) => `change the customer: ${Object.keys(step).join(', ')}`,
  continues: true,
  takesTime: () => false,
  gives: true,
  changesCustomers: true,
  references: (step) => [...names('add_to_segment', step.add_to_segment), ...names('remove_from_segment', step.remove_from_segment)],
  expressions: (step) =>
    Object.entries(step.set ?? {}).map(([name, source]) => ({ path: ['set', name], source, expected: 'any' as const })),
});
