import postgres from 'postgres';
import type { Db, Sql } from '../client.ts';

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

/** The session is over with these. */
const endsSession = (error: unknown): boolean =>
  error instanceof postgres.PostgresError ? error.severity === 'FATAL' || error.severity === 'PANIC' : true;

const RESERVE_WITHIN_MS = 3_000;

/** A connection of one's own; the driver would wait for it until there is one. @throws CONNECT_TIMEOUT */
const reserve = async (sql: Sql): Promise<postgres.ReservedSql<{ bigint: number }>> => {
  const reserving = sql.reserve();
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(Object.assign(new Error('No connection to the database became free in time'), { code: 'CONNECT_TIMEOUT' }));
    reserving.then(
      (connection) => connection.release(),
      () => {},
    );
  }, RESERVE_WITHIN_MS);
  try {
    return await Promise.race([reserving, tooLate]);
  } finally {
    clearTimeout(timer);
  }
};

/** Runs `body` in a transaction, which is rolled back unless `body` commits it. */
export const pipelined = async <T>(sql: Sql, body: (pipeline: Pipeline) => Promise<T>): Promise<T> => {
  const connection = await reserve(sql);
  const answers: Promise<unknown>[] = [];
  const { promise: broken, reject: breakOff } = Promise.withResolvers<never>();
  let lost: Error | null = null;
  let open = true;

  broken.catch(() => {});
  const lose = (error: Error): void => {
    lost ??= error;
    breakOff(error);
  };
  const track = <A>(query: Promise<A>): Promise<A> => {
    // The driver forgets queries that it has not sent when the connection breaks.
    const answer = Promise.race([query, broken]);
    // Whoever awaits it hears of a failure; until then it counts as heard.
    answer.catch((error: unknown) => {
      if (endsSession(error)) lose(error as Error);
    });
    answers.push(answer);
    return answer;
  };
  const send: Pipeline['send'] = (query) =>
    // What is sent after the connection broke would meet no socket or, worse, another session, where it takes effect at once.
    // Executed in this turn: to await it would send it a turn later, behind what comes next.
    track(lost ? broken : (query.execute() as unknown as Promise<never>));
  const commit = async (): Promise<void> => {
    const done = send(connection`commit`);
    open = false;
    const failure = await firstFailure(answers);
    if (failure) throw failure;
    // A transaction that failed answers its commit with a rollback.
    const { command } = await done;
    if (command !== 'COMMIT') throw new Error(`The transaction ended with ${command}`);
  };

  try {
    void track(beginOn(connection, lose));
    return await body({ db: connection, send, commit });
  } catch (error) {
    throw isConsequence(error) ? ((await firstFailure(answers)) ?? error) : error;
  } finally {
    await Promise.allSettled(answers);
    if (open && !lost) await send(connection`rollback`).catch(() => {});
    // A connection that is lost goes back to the pool by itself; released, it would be used again.
    if (!lost) connection.release();
  }
};

/**
 * What is sent here is looked up by keys, so one plan serves every set: to plan each statement for each set costs as much as to run some of
 * them. A plan that was made while a table was small must not read all of it later.
 */
const BEGIN = 'begin; set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off';

/** The driver tells of a lost connection where nothing waits for an answer only to who is there when a query is executed. */
const beginOn = (connection: postgres.ReservedSql<{ bigint: number }>, onLost: (error: Error) => void): Promise<unknown> => {
  const onexecute = (raw: object): boolean => {
    Object.assign(raw, { onclose: onLost });
    return true;
  };
  return connection.unsafe(BEGIN, [], { onexecute } as postgres.UnsafeQueryOptions).execute();
};

/** True for those that say only that something before them failed. */
const isConsequence = (error: unknown): boolean => error instanceof postgres.PostgresError && error.code === IN_FAILED_TRANSACTION;

const firstFailure = async (answers: Promise<unknown>[]): Promise<Error | undefined> => {
  const failures = (await Promise.allSettled(answers)).filter((each) => each.status === 'rejected').map((each) => each.reason as Error);
  return failures.find((reason) => !isConsequence(reason)) ?? failures[0];
};
