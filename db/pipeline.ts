import postgres from 'postgres';
import type { Db, Sql } from './client.ts';

/**
 * A transaction on a connection of its own whose statements are sent without waiting for one another, so that a few round trips
 * carry it. Build queries with `db`, hand each to `send` in the order in which it is to run, and await the answers that decide.
 */
export interface Pipeline {
  db: Db;
  send: <T extends readonly postgres.MaybeRow[]>(query: postgres.PendingQuery<T>) => Promise<postgres.RowList<T>>;
  /** Sends the commit after what was sent, and returns when all of it is done. @throws what the first failed statement said */
  commit: () => Promise<void>;
}

const IN_FAILED_TRANSACTION = '25P02';

/** Runs `body` in a transaction, which is rolled back unless `body` commits it. */
export const pipelined = async <T>(sql: Sql, body: (pipeline: Pipeline) => Promise<T>): Promise<T> => {
  const connection = await sql.reserve();
  const answers: Promise<unknown>[] = [];
  let open = true;
  const send: Pipeline['send'] = (query) => {
    // Executed in this turn: to await it would send it a turn later, behind what comes next.
    const answer = query.execute() as unknown as Promise<never>;
    // Whoever awaits it hears of a failure; until then it counts as heard.
    answer.catch(() => {});
    answers.push(answer);
    return answer;
  };
  const commit = async (): Promise<void> => {
    const done = connection`commit`.execute();
    open = false;
    answers.push(done);
    await throwFirst(answers);
    // A transaction that failed answers its commit with a rollback.
    const { command } = await done;
    if (command !== 'COMMIT') throw new Error(`The transaction ended with ${command}`);
  };
  try {
    void send(connection`begin`);
    return await body({ db: connection, send, commit });
  } finally {
    if (open) void send(connection`rollback`);
    const settled = await Promise.allSettled(answers);
    // A connection that is lost goes back to the pool by itself; released, it would be used again.
    if (settled.every((each) => each.status === 'fulfilled' || each.reason instanceof postgres.PostgresError)) connection.release();
  }
};

/** The first failure is the cause; those after it say only that the transaction has failed. */
const throwFirst = async (answers: Promise<unknown>[]): Promise<void> => {
  const failures = (await Promise.allSettled(answers)).filter((each) => each.status === 'rejected').map((each) => each.reason as unknown);
  const cause = failures.find((reason) => !(reason instanceof postgres.PostgresError && reason.code === IN_FAILED_TRANSACTION));
  if (failures.length > 0) throw cause ?? failures[0];
};
