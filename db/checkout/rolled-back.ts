import type { Sql, Tx } from '../client.ts';

/** Carries a result out of a transaction that must not be committed. */
class RolledBack {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

/** The pool as work sees it that is to leave nothing behind: all of it is one transaction, and its transactions are savepoints. */
const within = (tx: Tx): Sql =>
  new Proxy(tx, {
    get: (target, name) => {
      if (name === 'begin') return (work: (inner: Tx) => Promise<unknown>) => target.savepoint((inner) => work(inner));
      // On another connection it would be seen, and would stay.
      if (name === 'reserve' || name === 'listen' || name === 'notify')
        return () => {
          throw new Error(`${name} is not for work that is rolled back`);
        };
      return Reflect.get(target, name) as unknown;
    },
  }) as unknown as Sql;

/**
 * Does work that leaves nothing: whatever it writes is rolled back when it is done. It must not run two transactions of its own at a
 * time, nor ask anything but `sql`.
 * @param statementMs how long one statement may take
 */
export const rolledBack = async <T>(sql: Sql, statementMs: number, work: (sql: Sql) => Promise<T>): Promise<T> => {
  try {
    await sql.begin(async (tx) => {
      await tx`select set_config('statement_timeout', ${`${statementMs}`}, true), set_config('lock_timeout', '2000', true)`;
      throw new RolledBack(await work(within(tx)));
    });
  } catch (error) {
    if (error instanceof RolledBack) return error.value as T;
    throw error;
  }
  throw new Error('what was to be rolled back was not');
};
