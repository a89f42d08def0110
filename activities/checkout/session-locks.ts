import { newId } from '../../db/ids.ts';
import type { NewSessionLock } from '../../db/checkout/session-locks.ts';
import type { Applied, Decision } from '../../domain/checkout/checkout.ts';
import { ownCounters } from '../../domain/checkout/counted.ts';
import { takenOf } from '../../domain/checkout/counters.ts';
import { ttlOf, type Session } from '../../domain/checkout/session.ts';
import type { Question } from './decision.ts';
import { validationTraceOf } from './validation-trace.ts';
import { validationView } from './validation-view.ts';

/** What the redemption would take, held until the session ends. */
export const locksOf = ({ redeemable, taken, share }: Applied, session: Session, now: Date): NewSessionLock[] => {
  const own = redeemable.object === 'voucher' ? takenOf(ownCounters(redeemable), share) : [];
  const expiresAt = new Date(now.getTime() + ttlOf(session));
  const all = new Map([...taken, ...own].map(({ key, by }) => [key, by]));
  return [...all].map(([counterKey, amount]) => ({ redeemableId: redeemable.id, sessionKey: session.key, counterKey, amount, expiresAt }));
};

/** The answer of a validation that locks, with its trace. */
export const lockAnswer = (question: Question, decision: Decision, now: Date) => {
  const id = newId('validation');
  const { request } = question;
  return {
    status: 200,
    body: validationView(request, decision, id, request.trackingId ?? `track_${id.slice('valid_'.length)}`),
    trace: validationTraceOf(question, decision, id, now),
  };
};
