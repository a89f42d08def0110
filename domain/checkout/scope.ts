import type { Candidate } from './checks.ts';
import { scopeOf, type ApplicableScope } from '../validation-rules/scope.ts';

/** Which items its discount may be taken of, and how much of them, worked out once; null: all. */
export const applicableTo = (candidate: Candidate): ApplicableScope | null => {
  if (candidate.scope === undefined) {
    const { redeemable, checkout } = candidate;
    candidate.scope = redeemable.rules.length === 0 ? null : scopeOf(redeemable.rules, checkout.facts);
  }
  return candidate.scope;
};
