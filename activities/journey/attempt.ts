import { ExpressionError } from '../../domain/expression.ts';

/** Evaluates an expression for one member, whose failure is theirs alone. */
export const attempt = <T>(work: () => T): { value: T } | { error: string } => {
  try {
    return { value: work() };
  } catch (error) {
    if (error instanceof ExpressionError) return { error: `expression: ${error.message}` };
    throw error;
  }
};
