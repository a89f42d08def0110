import type { z } from 'zod';
import type { Tx } from '../../db/client.ts';
import type { ApiKey } from '../../db/project/api-keys.ts';
import type { Project } from '../../db/project/projects.ts';
import type { Upload } from './upload.ts';

export interface Answer {
  status: number;
  /** Plain JSON; undefined for 204. */
  body?: unknown;
  /** The body as text, where it is written already: JSON unless the headers say another Content-Type. It goes out as it stands, instead of `body`. */
  text?: string;
  headers?: Record<string, string>;
}

export interface RequestContext<P = unknown, Q = unknown, B = unknown> {
  project: Project;
  apiKey: ApiKey;
  /** Whether an access token of the key was shown, not the key itself. */
  viaToken: boolean;
  requestId: string;
  params: P;
  query: Q;
  body: B;
  /** The body as it came, for what is told by lines and columns. */
  bodyText: string;
  /** The file that was sent, where the route takes one; it is gone after the answer. */
  upload: Upload | null;
  /** The caller's Idempotency-Key, or one made for this request. */
  idempotencyKey: string;
  /** Whether the key was made for this request, since the caller sent none. */
  keyIsOurs: boolean;
  /** SHA-256 of method, path and body. */
  requestHash: Buffer;
  /**
   * Runs a write in one transaction together with its idempotency record: the same key and body give the stored answer, another
   * body is `idempotency_key_reused`, one that still runs is `multiple_requests`.
   */
  write: (effect: (tx: Tx) => Promise<Answer>) => Promise<Answer>;
}

export interface RouteDefinition<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  method: 'get' | 'post' | 'put' | 'delete';
  /** An OpenAPI path, such as `/v1/vouchers/{code}`. */
  path: string;
  tag: string;
  summary: string;
  description?: string;
  /** What the API key must be allowed to do, such as `vouchers:write`; null: any key may. */
  scope: string | null;
  /** Whether answers tell whether a code exists, so that who guesses codes is slowed down. */
  guessable?: boolean;
  /** Whether it changes what is kept of the project with its keys, which is read anew then. */
  changesProject?: boolean;
  params?: P;
  query?: Q;
  body?: B;
  /** Media types whose text is the body as it came, besides JSON; the schema is then given that text. */
  textTypes?: string[];
  /** Whether it takes a file, in a form or as text/csv, instead of a body. */
  takesFile?: boolean;
  /** Documented answers besides those every route has (400, 401, 403, 429 and 500). */
  responses: Record<number, { description: string; schema?: z.ZodType; /** Whether it may come as CSV too. */ csv?: true }>;
  handler: (context: RequestContext<z.output<P>, z.output<Q>, z.output<B>>) => Promise<Answer>;
}

/** One route: what it takes, what it answers, and what it does. The app and the OpenAPI document are both made from these. */
export const route = <P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(definition: RouteDefinition<P, Q, B>): Route =>
  definition;

export type Route = RouteDefinition<z.ZodType, z.ZodType, z.ZodType>;
