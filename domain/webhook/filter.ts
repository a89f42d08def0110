import { createExpressions, ExpressionError } from '../expression.ts';

/** What a filter is asked about. */
interface FilteredEvent {
  type: string;
  data: Record<string, unknown>;
  customer: { id: string; source_id: string | null } | null;
}

/** Whether an endpoint wants an event. */
export type WebhookFilter = (event: FilteredEvent) => boolean;

const expressions = createExpressions({ event: { type: 'string', data: 'map' }, customer: 'any' });

/**
 * Compiles a filter in CEL over `event.type`, `event.data` and `customer`, such as `event.data.total > 100`. An event for which it
 * cannot be evaluated, since a field is missing, is not wanted. Throws ExpressionError.
 */
export const compileWebhookFilter = (source: string): WebhookFilter => {
  const compiled = expressions.compile(source, 'bool');
  return ({ type, data, customer }) => {
    try {
      return compiled.evaluate({ event: { type, data }, customer: customer ?? {} }) === true;
    } catch (error) {
      if (error instanceof ExpressionError) return false;
      throw error;
    }
  };
};

/** What is wrong with a filter, or null. */
export const webhookFilterProblem = (source: string): string | null => {
  try {
    compileWebhookFilter(source);
    return null;
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
};
