import type { Cart } from './cart.ts';
import { refusalOfCandidate, type Candidate } from './checks.ts';
import { applicableTo } from './scope.ts';
import { skipKeyOf, skipsWithoutEffect } from './stacking.ts';
import type { Applied, Checkout, Outcome } from './checkout.ts';
import { countersNeeded, shareOf } from './counted.ts';
import { takenOf } from './counters.ts';
import { afterDiscount } from './redeemable-discount.ts';
import type { AskedRedeemable, RedeemableState } from './redeemable.ts';
import { refuse, type Refusal } from '../voucher/refusal.ts';

/** One that is asked, with what it stands for. */
export interface Entry {
  asked: AskedRedeemable;
  redeemable: RedeemableState | undefined;
}

/** How far a stack has come. */
export interface Stack {
  applied: readonly Applied[];
  cart: Cart | null;
}

export const push = ({ applied }: Stack, outcome: Applied): Stack => ({ applied: [...applied, outcome], cart: outcome.cart });

/** What becomes of a redeemable on top of a stack. `excluding` is true where exclusive ones apply in it. */
export const outcomeOn = (checkout: Checkout, { applied, cart }: Stack, { asked, redeemable }: Entry, excluding: boolean): Outcome => {
  const { rules } = checkout;
  const skipped = skipKeyOf(
    rules,
    redeemable,
    applied.map((each) => each.redeemable),
    excluding && redeemable !== undefined,
  );
  if (skipped) return { status: 'SKIPPED', asked, redeemable: redeemable ?? null, key: skipped };
  if (!redeemable) return { status: 'INAPPLICABLE', asked, redeemable: null, refusal: notFound(asked) };
  const candidate: Candidate = { asked, redeemable, by: checkout.redeemerOf(redeemable), cart, applied, checkout };
  const refusal = refusalOfCandidate(candidate);
  if (refusal) return { status: 'INAPPLICABLE', asked, redeemable, refusal };
  const outcome = apply(candidate);
  return hasNoEffect(outcome) && skipsWithoutEffect(rules, redeemable)
    ? { status: 'SKIPPED', asked, redeemable, key: 'no_effect' }
    : outcome;
};

/**
 * A redeemable that applies on top of a stack, for who wants to know no more than what it takes. @param rulesHold whether its rules are known to
 * @returns why it does not apply; null where it is skipped
 */
export const candidateOn = (
  checkout: Checkout,
  { applied, cart }: Stack,
  { asked, redeemable }: Pick<Candidate, 'asked' | 'redeemable'>,
  rulesHold: boolean,
): Candidate | Refusal | null => {
  const { rules } = checkout;
  const before = applied.map((each) => each.redeemable);
  if (skipKeyOf(rules, redeemable, before, false)) return null;
  const candidate: Candidate = { asked, redeemable, by: checkout.redeemerOf(redeemable), cart, applied, checkout, rulesHold };
  const refusal = refusalOfCandidate(candidate);
  return refusal ?? (skipsWithoutEffect(rules, redeemable) && hasNoEffect(apply(candidate)) ? null : candidate);
};

const apply = (candidate: Candidate): Applied => {
  const { asked, redeemable, by } = candidate;
  const next = afterDiscount(candidate);
  const step = next && next.step;
  const discount = next ? next.discount : redeemable.discount;
  const share = shareOf(candidate, step);
  const taken = takenOf(countersNeeded(redeemable, by), share);
  return { status: 'APPLICABLE', asked, redeemable, step, cart: next && next.cart, discount, scope: applicableTo(candidate), share, taken };
};

const hasNoEffect = ({ step, share }: Applied): boolean =>
  step !== null && step.discount === 0 && step.freed === 0 && share.loyalty_points === 0;

const notFound = ({ object, id }: AskedRedeemable): Refusal =>
  refuse('not_found', object === 'voucher' ? 'code' : 'id', id, `Cannot find ${object} with id ${id}`);
