import { EVERY_OPERATOR } from '../operators.ts';
import type { RuleKind } from '../rule.ts';

export const redemptionMetadata: RuleKind = {
  name: 'redemption.metadata',
  description: "A field of the request's metadata",
  subject: 'redemption',
  value: 'any',
  operators: EVERY_OPERATOR,
  property: true,
  read: ({ property }, { facts }) => facts.metadata[property!],
};
