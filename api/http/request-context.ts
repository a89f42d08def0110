import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Sql, Tx } from '../../db/client.ts';
import { runOnce } from '../../db/idempotency.ts';
import { newId } from '../../db/ids.ts';
import { withRetries } from '../../db/delivery/retries.ts';
import { DomainError, type ErrorKey } from '../../domain/errors.ts';
import type { Caller } from './auth.ts';
import { errorBody, statusOf } from './errors.ts';
import type { Answer, RequestContext } from './route.ts';
import type { Upload } from './upload.ts';

/** Refusals that say something of this moment, not of the request. */
const PASSING = new Set<ErrorKey>(['multiple_requests', 'time_travel_busy', 'idempotency_key_reused']);

/** What a write that is refused answers to the same Idempotency-Key again: not what is wrong with the request, nor what failed on our side. */
const keptRefusal = (error: unknown, requestId: string): Answer | null => {
  if (!(error instanceof DomainError) || PASSING.has(error.key)) return null;
  const status = statusOf[error.key];
  return status === 404 || status === 409 || status === 422 ? { status, body: errorBody(error, requestId) } : null;
};

/** One request as a handler sees it. What only writes need (key, hash) is made when it is asked for. */
export class Context implements RequestContext {
  readonly project;
  readonly apiKey;
  readonly viaToken: boolean;
  params: unknown = undefined;
  query: unknown = undefined;
  body: unknown = undefined;
  upload: Upload | null = null;
  readonly requestId: string;
  readonly #sql: Sql;
  readonly #req: IncomingMessage;
  readonly #bytes: Buffer;
  readonly #givenKey: string | undefined;
  #key: string | undefined;

  constructor(sql: Sql, req: IncomingMessage, bytes: Buffer, requestId: string, caller: Caller) {
    this.#sql = sql;
    this.#req = req;
    this.#bytes = bytes;
    this.#givenKey = idempotencyKey(req);
    this.requestId = requestId;
    this.project = caller.project;
    this.apiKey = caller.apiKey;
    this.viaToken = caller.expiresAt !== undefined;
  }

  get bodyText(): string {
    return this.#bytes.toString('utf8');
  }

  get idempotencyKey(): string {
    return (this.#key ??= this.#givenKey ?? newId('request'));
  }

  get keyIsOurs(): boolean {
    return this.#givenKey === undefined;
  }

  get requestHash(): Buffer {
    const sent = this.upload?.hash ?? this.#bytes;
    return hash('sha256', Buffer.concat([Buffer.from(`${this.#req.method} ${this.#req.url}\n`), sent]), 'buffer');
  }

  write = (effect: (tx: Tx) => Promise<Answer>): Promise<Answer> =>
    // Without the caller's key nobody can ask for the answer again, so it is not kept.
    this.#givenKey === undefined
      ? withRetries(() => this.#sql.begin(effect))
      : runOnce(this.#sql, { projectId: this.project.id, key: this.#givenKey, requestHash: this.requestHash }, effect, (error) =>
          keptRefusal(error, this.requestId),
        );
}

const idempotencyKey = (req: IncomingMessage): string | undefined => {
  const key = req.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key))
    throw new DomainError('invalid_payload', 'The Idempotency-Key cannot be used.', {
      fields: [{ path: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' }],
    });
  return key;
};
