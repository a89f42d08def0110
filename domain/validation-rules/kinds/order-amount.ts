import { NUMBERS } from '../operators.ts';
import type { RuleKind } from '../rule.ts';

export const orderAmount: RuleKind = {
  name: 'order.amount',
  description: 'What the order costs before any discount',
  subject: 'order',
  value: 'amount',
  operators: NUMBERS,
  read: (_node, { facts }) => facts.order?.initialAmount ?? undefined,
};
