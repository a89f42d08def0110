import { errorOf, type CheckoutAnswer } from '../../activities/checkout/answer.ts';
import { REPLAYED } from '../../db/idempotency.ts';
import type { Answer } from '../http/route.ts';

/** @throws DomainError where the request itself was refused */
export const answerOf = (answer: CheckoutAnswer): Answer => {
  if ('refused' in answer) throw errorOf(answer.refused);
  return { status: answer.status, text: answer.body, ...(answer.replayed && { headers: REPLAYED }) };
};
