import type { Candidate } from './checkout-checks.ts';
import { applicableLines } from './validation-rules/scope.ts';

/** Which items its discount may be taken of; null: all. */
export const linesOf = ({ redeemable, checkout }: Pick<Candidate, 'redeemable' | 'checkout'>): readonly boolean[] | null =>
  redeemable.rules.length === 0 ? null : applicableLines(redeemable.rules, checkout.facts);
