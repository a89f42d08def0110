import type { NewReferral } from '../../db/referral/referrals.ts';
import type { HeldBySession, NewSessionLock } from '../../db/checkout/session-locks.ts';
import type { ValidationTrace } from '../../db/checkout/validations.ts';
import type { Applied, Decision } from '../../domain/checkout/checkout.ts';
import type { DomainError } from '../../domain/errors.ts';
import type { KnownUnits } from '../../domain/discount/free-units.ts';
import type { RequestFacts } from '../../domain/validation-rules/facts.ts';
import { refusalAnswer } from '../checkout/answer.ts';
import type { SetCounts } from '../checkout/counts.ts';
import { decideQuestion, type Question } from '../checkout/decision.ts';
import type { KeptOrders } from './kept-orders.ts';
import { effectOf } from './effect.ts';
import type { RedemptionEffect } from './row.ts';
import { referralsOf } from '../referral/referrals.ts';
import { locksOf, lockAnswer } from '../checkout/session-locks.ts';
import type { SetRewards } from './set-rewards.ts';

/** What a request of a set came to, with all that it writes. */
export interface Turn extends RedemptionEffect {
  /** Locks of sessions that end with it, and those that it makes. */
  released: HeldBySession[];
  locks: NewSessionLock[];
  /** Who was brought by it. */
  referrals: NewReferral[];
  /** Of a validation, which writes nothing into the ledger; null for a redemption. */
  trace: ValidationTrace | null;
}

/** What is known when a request's turn comes, and changes with it. */
export interface TurnState {
  counts: SetCounts;
  orders: KeptOrders;
  facts: RequestFacts;
  units: KnownUnits;
  rewards: SetRewards;
  /** Real time. */
  time: Date;
}

const appliedOf = ({ outcomes, valid }: Decision): Applied[] =>
  valid ? outcomes.filter((outcome) => outcome.status === 'APPLICABLE') : [];

/** Its session's locks of what the request asks. */
const ownLocks = ({ request, redeemables }: Question): HeldBySession[] =>
  request.session ? redeemables.flatMap((each) => (each ? [{ redeemableId: each.id, sessionKey: request.session!.key }] : [])) : [];

const NOTHING = { redemptions: [], events: [], uses: [], spent: [], rewards: [], referrals: [] };

/** The request itself is refused: nothing is written but its answer. */
export const refusedTurn = (error: DomainError, requestId: string): Turn => ({
  ...NOTHING,
  ...refusalAnswer(error, requestId),
  released: [],
  locks: [],
  trace: null,
});

/** Decides a request on what those before it left, and changes it for those after. */
export const takeTurn = (question: Question, what: 'redeem' | 'lock', { counts, orders, facts, units, rewards, time }: TurnState): Turn => {
  const { request } = question;
  const decision = decideQuestion(question, counts.countsFor(question), facts, units);
  const applied = appliedOf(decision);
  const released = decision.valid ? ownLocks(question) : [];
  const locks = what === 'lock' && request.session ? applied.flatMap((each) => locksOf(each, request.session!, time)) : [];
  if (released.length > 0) counts.hold(request.session!.key, new Set(released.map((each) => each.redeemableId)), locks);
  if (what === 'lock') return { ...NOTHING, ...lockAnswer(question, decision, time), released, locks };
  for (const { redeemable, share } of applied) {
    if (redeemable.object !== 'voucher') continue;
    redeemable.redeemed++;
    if (redeemable.gift) redeemable.gift.balance -= share.gift_credits;
  }
  counts.add(applied.flatMap((each) => each.taken));
  const at = { date: time.toISOString(), at: question.at };
  const effect = effectOf(request, decision, question, at, { orders, rewards });
  return { ...effect, released, locks, referrals: referralsOf(applied, question.customer), trace: null };
};
