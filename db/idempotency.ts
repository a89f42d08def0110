import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '../domain/errors.ts';
import type { Db, Sql, Tx } from './client.ts';
import { lines } from './json-lines.ts';
import { withRetries } from './delivery/retries.ts';

/** What a write answered: an HTTP status and plain JSON, as it is kept and given again. */
export interface OnceAnswer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** Who asks: the key is the caller's, the hash (SHA-256) is of method, path and body. */
export interface OnceRequest {
  projectId: string;
  key: string;
  requestHash: Buffer;
}

export interface StoredAnswer {
  key: string;
  requestHash: Buffer;
  status: number;
  /** JSON text; empty where there was no body. */
  body: string;
}

/** Sent with an answer that was given before. */
export const REPLAYED = { 'Idempotent-Replayed': 'true' };

const WAIT_MS = 2_000;

/** The statement of `lockKeys`, not yet sent, for callers that send several without waiting in between. */
export const keyLocks = (db: Db, projectId: string, keys: string[]) => db<{ key: string; locked: boolean }[]>`
  select key, pg_try_advisory_xact_lock(hashtextextended(${projectId} || ' ' || key, 0)) as locked
  from unnest(${keys}::text[]) as key`;

/** Takes each key until the transaction ends, without waiting. @returns the keys that nobody else holds */
const lockKeys = async (tx: Tx, projectId: string, keys: string[]): Promise<Set<string>> => {
  const rows = await keyLocks(tx, projectId, keys.toSorted());
  return new Set(rows.filter((row) => row.locked).map((row) => row.key));
};

/** Answers kept for these keys in the last day. Read it in a statement after the one that locked: only that one sees what the holder before committed. */
export const findStored = (db: Db, projectId: string, keys: string[]) => db<StoredAnswer[]>`
  select key, request_hash, status, body from idempotency
  where project_id = ${projectId} and key = any(${keys}::text[]) and created_at > now() - interval '1 day'`;

/** Keeps the answers of one project's keys, in the transaction of their effects, whose keys are locked. Not sent until awaited or executed. */
export const remember = (db: Db, projectId: string, answers: StoredAnswer[]) => db`
  insert into idempotency (project_id, key, request_hash, status, body)
  select ${projectId}, key, decode(hash, 'base64'), status, coalesce(body, '')
  from rows from (unnest(${answers.map((answer) => answer.key)}::text[], ${answers.map((answer) => answer.requestHash.toString('base64'))}::text[],
      ${answers.map((answer) => answer.status)}::smallint[]),
    string_to_table(${lines(answers.map((answer) => answer.body))}, E'\\n', '')) as r (key, hash, status, body)
  on conflict (project_id, key) do update
    set request_hash = excluded.request_hash, status = excluded.status, body = excluded.body, created_at = now()`;

/** @throws DomainError idempotency_key_reused, where the key was used for something else */
const replay = (stored: StoredAnswer, request: OnceRequest): OnceAnswer => {
  if (!stored.requestHash.equals(request.requestHash)) throw keyReused(request.key);
  return { status: stored.status, body: stored.body === '' ? undefined : JSON.parse(stored.body), headers: REPLAYED };
};

export const keyReused = (key: string) =>
  new DomainError('idempotency_key_reused', 'This Idempotency-Key was used for another request', {
    details: `The key ${key} was sent within the last day with another method, path or body. Use a new key for a new request.`,
  });

export const stillRuns = (key: string) =>
  new DomainError('multiple_requests', 'The same request is still running', {
    details: `A request with the key ${key} has not ended yet. Send it again in a moment to get its answer.`,
  });

/**
 * Runs a write in one transaction with the record of its answer, so that the same key and body give the same answer for a day and
 * the effect happens once. What the effect throws is rolled back. A second call waits a moment for the first.
 * @param refusalOf the answer to keep for what the effect throws; null: the error is thrown, and the same may be sent again
 * @throws DomainError idempotency_key_reused, multiple_requests
 */
export const runOnce = async (
  sql: Sql,
  request: OnceRequest,
  effect: (tx: Tx) => Promise<OnceAnswer>,
  refusalOf: (error: unknown) => OnceAnswer | null = () => null,
): Promise<OnceAnswer> => {
  try {
    return await turnOf(sql, request, effect);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    // The transaction that was refused is gone. Whoever has answered meanwhile is right.
    return turnOf(sql, request, () => Promise.resolve(refusal));
  }
};

const turnOf = async (sql: Sql, request: OnceRequest, effect: (tx: Tx) => Promise<OnceAnswer>): Promise<OnceAnswer> => {
  const giveUpAt = performance.now() + WAIT_MS;
  for (let pause = 10; ; pause = Math.min(pause * 2, 100)) {
    const answer = await withRetries(() => sql.begin((tx) => attempt(tx, request, effect)));
    if (answer) return answer;
    if (performance.now() + pause > giveUpAt) throw stillRuns(request.key);
    await sleep(pause);
  }
};

/** @returns null where another transaction holds the key */
const attempt = async (tx: Tx, request: OnceRequest, effect: (tx: Tx) => Promise<OnceAnswer>): Promise<OnceAnswer | null> => {
  const { projectId, key, requestHash } = request;
  if ((await lockKeys(tx, projectId, [key])).size === 0) return null;
  const [stored] = await findStored(tx, projectId, [key]);
  if (stored) return replay(stored, request);
  const answer = await effect(tx);
  const body = answer.body === undefined ? '' : JSON.stringify(answer.body);
  await remember(tx, projectId, [{ key, requestHash, status: answer.status, body }]);
  return answer;
};

const FORGOTTEN_AT_ONCE = 5_000;

/** Deletes the answers that are older than a day, in sets, so that no transaction is long. @returns how many */
export const forgetAnswers = async (sql: Sql): Promise<number> => {
  for (let forgotten = 0; ;) {
    const { count } = await sql`
      delete from idempotency where ctid = any(array(
        select ctid from idempotency where created_at < now() - interval '1 day' limit ${FORGOTTEN_AT_ONCE}))`;
    forgotten += count;
    if (count < FORGOTTEN_AT_ONCE) return forgotten;
  }
};
