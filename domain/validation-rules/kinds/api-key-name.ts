import { TEXTS } from '../operators.ts';
import type { RuleKind } from '../rule.ts';

export const apiKeyName: RuleKind = {
  name: 'api_key.name',
  description: 'The name of the API key that asks',
  subject: 'redemption',
  value: 'text',
  operators: TEXTS,
  read: (_node, { facts }) => facts.apiKeyName ?? undefined,
};
