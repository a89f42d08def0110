import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';

type Sql = postgres.Sql<{ bigint: number }>;
type Tx = postgres.TransactionSql<{ bigint: number }>;

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

/** The session is over with these, so there is nothing left to roll back. */
const endsSession = (error: unknown): boolean =>
  error instanceof postgres.PostgresError ? ['FATAL', 'PANIC'].includes(error.severity) : /^(CONNECTION_|ECONN|EPIPE)/.test(codeOf(error));

/** How long a connection whose session is over may take to close. */
const CLOSING_MS = 1_000;

/** Never settles: the driver sends nothing more for a transaction that does not end. */
const never = (): Promise<never> => new Promise(() => {});

/**
 * Makes `begin` safe for a server that goes away in the middle. The driver's own tells the caller at once, but lets the work go on:
 * what it sends next, even its rollback, meets a connection without a socket or, worse, a new session without a transaction, where
 * it takes effect at once. Here a transaction whose connection was lost sends nothing more.
 */
export const guardTransactions = (sql: Sql): Sql => {
  const begin = sql.begin.bind(sql);
  const guarded = async <T>(work: (tx: Tx) => T | Promise<T>): Promise<T> => {
    let lost: { error: unknown } | null = null;
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();

    const attempt = async (tx: Tx): Promise<T> => {
      const mine = new Proxy(tx, {
        apply: (target, self, args) => {
          if (lost) throw lost.error;
          return Reflect.apply<unknown, unknown[], unknown>(target as never, self, args);
        },
      });
      try {
        const result = await work(mine);
        return lost ? await never() : result;
      } catch (error) {
        if (endsSession(error)) await Promise.race([closed, sleep(CLOSING_MS)]);
        return lost ? never() : Promise.reject(error);
      }
    };

    try {
      return (await begin(attempt)) as T;
    } catch (error) {
      // Where the work still runs, it is the connection that failed.
      lost = { error };
      close();
      throw error;
    }
  };
  return Object.assign(sql, { begin: guarded }) as Sql;
};
