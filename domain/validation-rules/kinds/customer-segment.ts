import { EQUALITY } from '../operators.ts';
import type { RuleKind } from '../rule.ts';

export const customerSegment: RuleKind = {
  name: 'customer.segment',
  description: 'Segments that the customer is in, by id or name',
  subject: 'customer',
  value: 'segment',
  operators: EQUALITY,
  needsCustomer: true,
  read: (_node, { facts }) => [...(facts.customer?.segments ?? [])],
  needs: ({ conditions }) => ({ segments: conditions.flatMap(({ values }) => values as string[]) }),
};
