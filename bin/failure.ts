import { MigrationError } from '../db/migrate.ts';
import { StartError } from '../embedded/part.ts';
import { DemoError } from './demo/couponry-client.ts';
import { ConfigurationError } from './configuration.ts';

const describe = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return (error.message || (error as NodeJS.ErrnoException).code || error.name).replaceAll(/\s*\n\s*/g, ' ');
};

/**
 * One line for the terminal about what went wrong. What we foresaw says what to do; anything else is a defect, so its stack follows.
 * @param context what was being done
 */
export const tellFailure = (error: unknown, context?: string): void => {
  const foreseen =
    error instanceof StartError || error instanceof ConfigurationError || error instanceof MigrationError || error instanceof DemoError;
  console.error(`couponry: ${context === undefined ? '' : `${context}: `}${describe(error)}`);
  if (!foreseen && error instanceof Error && error.stack !== undefined) console.error(error.stack);
};
