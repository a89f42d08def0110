import postgres from 'postgres';
import { guardTransactions } from './transaction.ts';

export type Sql = postgres.Sql<{ bigint: number }>;
export type Tx = postgres.TransactionSql<{ bigint: number }>;
/** What a query runs on: the pool, or the transaction that it belongs to. */
export type Db = Sql | Tx;

/**
 * Opens a pool. Columns come and go in camelCase, JSON keys stay as they are, `undefined` is NULL, and bigint is a number: every
 * bigint that we keep is an amount or a count below 2^53, which the edge checks.
 */
export const connect = (url: string, options: { max?: number; name?: string } = {}): Sql =>
  guardTransactions(
    postgres(url, {
      max: options.max ?? 10,
      onnotice: () => {},
      connection: { application_name: options.name ?? 'couponry', TimeZone: 'UTC' },
      transform: { undefined: null, column: { from: postgres.toCamel, to: postgres.fromCamel } },
      types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
    }),
  );
