import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Sql } from '../../db/client.ts';
import { newId } from '../../db/ids.ts';
import { DomainError } from '../../domain/errors.ts';
import { requireOrigin, requireScope, type Authenticate, type Caller } from './auth.ts';
import { errorBody, statusOf, toDomainError } from './errors.ts';
import { networkOf } from './client-address.ts';
import { customerOf, tellsOfUnknownCode } from './guesses.ts';
import { isOneOf, readBody, requireJson } from './json-body.ts';
import type { RateLimiter, Verdict } from './rate-limits.ts';
import type { MetadataSchemas } from '../catalogue/metadata-schemas.ts';
import { Context } from './request-context.ts';
import { fill } from './request-input.ts';
import { createRouteTable } from './route-table.ts';
import type { Answer, Route } from './route.ts';
import { receiveUpload } from './upload.ts';

export interface KernelDeps {
  sql: Sql;
  log: Pick<Logger, 'error'>;
  authenticate: Authenticate;
  limits: RateLimiter;
  /** Who sent it, behind our own proxies. */
  addressOf: (req: IncomingMessage) => string;
  metadata: Pick<MetadataSchemas, 'check'>;
}

const CLIENT_PREFIX = '/client/v1/';

/** Writes an answer straight to the socket: no ETag, no negotiation, one write. */
export const send = (res: ServerResponse, answer: Answer, requestId: string, more: Record<string, string> = {}): void => {
  const text = answer.text ?? (answer.body === undefined ? '' : JSON.stringify(answer.body));
  const headers: Record<string, string | number> = { 'X-Request-Id': requestId, 'Cache-Control': 'no-store', ...answer.headers, ...more };
  if (text !== '') headers['Content-Type'] ??= 'application/json; charset=utf-8';
  if (answer.status !== 204) headers['Content-Length'] = Buffer.byteLength(text);
  res.writeHead(answer.status, headers);
  res.end(text);
};

const splitUrl = (url: string): [path: string, query: string] => {
  const question = url.indexOf('?');
  return question < 0 ? [url, ''] : [url.slice(0, question), url.slice(question + 1)];
};

const preflight = (origin: string): Answer => ({
  status: 204,
  headers: {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Methods': 'GET, POST',
    'Access-Control-Allow-Headers': 'Content-Type, Idempotency-Key, X-Client-Application-Id, X-Client-Token, X-Voucherify-Channel',
    'Access-Control-Max-Age': '86400',
    Vary: 'Origin',
  },
});

const NOTHING = Buffer.alloc(0);

/** Takes the file once everything else about the request is right, and lets go of it afterwards. */
const withUpload = async (context: Context, req: IncomingMessage, handle: () => Promise<Answer>): Promise<Answer> => {
  const upload = await receiveUpload(req);
  context.upload = upload;
  try {
    return await handle();
  } finally {
    await upload.discard();
  }
};

/** What a browser may read of an answer's headers. */
const EXPOSED =
  'X-Request-Id, Idempotent-Replayed, X-Rate-Limit-Limit, X-Rate-Limit-Remaining, X-Rate-Limit-Retry, X-Rate-Limit-Type, Retry-After';

/** Headers that say how a limit stands; thrown where it is used up. */
const heed = ({ headers, refusal }: Verdict, more: Record<string, string>): void => {
  Object.assign(more, headers);
  if (refusal) throw refusal;
};

/** Turns routes into a handler for everything below /v1 and /client/v1. */
export const createKernel = (routes: Route[], { sql, log, authenticate, metadata, limits, addressOf }: KernelDeps) => {
  const find = createRouteTable(routes);

  /** A route that looks codes up: who tries many that do not exist has to wait. */
  const answerGuess = async (context: Context, route: Route, caller: Caller, address: string | null, more: Record<string, string>) => {
    const customer = customerOf(context);
    const asked = limits.mayGuess(caller, address, customer);
    const verdict = asked instanceof Promise ? await asked : asked;
    if (verdict) heed(verdict, more);
    const answer = await route.handler(context);
    const text = answer.text ?? JSON.stringify(answer.body);
    if (tellsOfUnknownCode(text)) limits.failed(caller, address, customer);
    return { ...answer, text };
  };

  /** @param more headers that go with the answer, whatever becomes of it */
  const answerTo = async (req: IncomingMessage, requestId: string, more: Record<string, string>): Promise<Answer> => {
    const [path, queryText] = splitUrl(req.url!);
    const match = find(req.method!, path);
    if (!match)
      throw new DomainError('resource_not_found', 'There is nothing at this address.', { details: `${req.method} ${path.slice(0, 200)}` });
    if ('allow' in match) {
      if (path.startsWith(CLIENT_PREFIX) && req.method === 'OPTIONS' && req.headers.origin) return preflight(req.headers.origin);
      const allow = match.allow.join(', ');
      const error = new DomainError('method_not_allowed', `This address takes ${allow} only.`);
      return { status: statusOf[error.key], body: errorBody(error, requestId), headers: { Allow: allow } };
    }
    const { route, params } = match;
    const client = path.startsWith(CLIENT_PREFIX);
    const caller = await authenticate(req.headers, client ? 'client' : 'server');
    if (client)
      Object.assign(more, {
        'Access-Control-Allow-Origin': requireOrigin(caller, req.headers),
        'Access-Control-Expose-Headers': EXPOSED,
        Vary: 'Origin',
      });
    const address = client ? networkOf(addressOf(req)) : null;
    const verdict = limits.request(caller, address);
    heed(verdict instanceof Promise ? await verdict : verdict, more);
    requireScope(caller, route.scope);
    const bytes = route.takesFile ? NOTHING : await readBody(req);
    const isText = route.textTypes !== undefined && isOneOf(req.headers, route.textTypes);
    if (route.body && bytes.length > 0 && !isText) requireJson(req.headers);
    const context = new Context(sql, req, bytes, requestId, caller);
    fill(context, route, params, queryText, bytes, isText);
    const checking = route.body && metadata.check(context.project.id, route, context.body);
    if (checking) await checking;
    if (route.takesFile) return withUpload(context, req, () => route.handler(context));
    if (route.guessable) return answerGuess(context, route, caller, address, more);
    const answer = await route.handler(context);
    if (route.changesProject) authenticate.forget(caller.project.id);
    return answer;
  };

  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const requestId = newId('request');
    const more: Record<string, string> = {};
    let answer: Answer;
    try {
      answer = await answerTo(req, requestId, more);
    } catch (error) {
      const refusal = toDomainError(error);
      if (statusOf[refusal.key] >= 500) log.error({ err: error, requestId, method: req.method, url: req.url }, 'a request failed');
      answer = { status: statusOf[refusal.key], body: errorBody(refusal, requestId) };
      if (refusal.key === 'payload_too_large') more['Connection'] = 'close';
    }
    send(res, answer, requestId, more);
  };
};
