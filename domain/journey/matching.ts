import { ExpressionError } from '../expression.ts';
import type { Listener } from './compile.ts';
import { scopeValues, type JourneyEvent, type Standing } from './scope.ts';

/**
 * Whether an event is the one that a goal, an exit or a wait listens for. A match that cannot be decided, such as one that asks for a
 * coupon that is not issued yet, does not hold.
 */
export const matchesListener = (listener: Listener, event: JourneyEvent, standing: Standing): boolean => {
  if (listener.type !== event.type) return false;
  if (listener.match === null) return true;
  try {
    return listener.match.evaluate(scopeValues(standing, event)) === true;
  } catch (error) {
    if (error instanceof ExpressionError) return false;
    throw error;
  }
};
