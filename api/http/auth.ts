import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { LRUCache } from 'lru-cache';
import { ACCESS_TOKEN_PREFIX, findCallerByAccessToken } from '../../db/project/access-tokens.ts';
import { findApiKeyByHash, hashToken, type KnownApiKey } from '../../db/project/api-keys.ts';
import type { Sql } from '../../db/client.ts';
import { DomainError } from '../../domain/errors.ts';
import { allows } from '../../domain/scopes.ts';

export interface Caller extends KnownApiKey {
  /** Where an access token was shown instead of the key: when it ends, in milliseconds since 1970. */
  expiresAt?: number;
}

/** How long a key that was revoked may still be taken for good. */
export const KEY_TTL_MS = 3_000;
/** How exactly that is kept: the clock is read once for all requests of such a step. */
const TTL_STEP_MS = 100;

const unauthorized = (details: string) => new DomainError('unauthorized', 'Unauthorized', { details });

const sameText = (a: string, b: string): boolean => {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
};

const one = (value: string | string[] | undefined): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

interface Credentials {
  token: string | undefined;
  appId: string | undefined;
}

/** `Basic`, as OAuth clients show who they are: the application id as the user, the key as the password. */
const basicCredentials = (authorization: string): Credentials | null => {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization)?.[1];
  const [, appId, token] = /^([^:]+):(.+)$/.exec(encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('latin1')) ?? [];
  return token === undefined ? null : { appId, token };
};

const serverCredentials = (headers: IncomingHttpHeaders): Credentials => {
  const token = one(headers['x-app-token']);
  // X-Voucherify-OAuth is where Voucherify's clients put the same.
  const authorization = headers.authorization ?? one(headers['x-voucherify-oauth']) ?? '';
  if (token === undefined && authorization !== '') {
    const basic = basicCredentials(authorization);
    if (basic) return basic;
  }
  return { token: token ?? /^Bearer ([^\s]+)$/i.exec(authorization)?.[1], appId: one(headers['x-app-id']) };
};

const clientCredentials = (headers: IncomingHttpHeaders): Credentials => ({
  token: one(headers['x-client-token']),
  appId: one(headers['x-client-application-id']),
});

/** @param scope null: any key may. @throws DomainError forbidden */
export const requireScope = (caller: Caller, scope: string | null): void => {
  if (scope !== null && !allows(caller.apiKey.scopes, scope))
    throw new DomainError('forbidden', 'This API key may not do that.', { details: `The key needs the scope ${scope}.` });
};

/** The origin that a browser's answer is for. @throws DomainError forbidden for an origin that the key does not name */
export const requireOrigin = (caller: Caller, headers: IncomingHttpHeaders): string => {
  const { origins } = caller.apiKey;
  const origin = headers.origin ?? '';
  if (!origins.includes('*') && !origins.includes(origin))
    throw new DomainError('forbidden', 'This origin may not use this key.', {
      details: 'Name the origin when the publishable key is made.',
    });
  return origin;
};

/**
 * Tells who calls. Keys are looked up by their hash, and kept for a few seconds, so that a checkout does not ask the database each time and a
 * revoked key stops soon. Unknown ones are kept apart, so that guesses push out no key in use.
 */
export const createAuthentication = ({ sql }: { sql: Sql }) => {
  // By the token itself, which costs less than to hash it for each request. Those that nobody knows may be of any length: by their hash.
  const known = new LRUCache<string, Caller>({ max: 10_000, ttl: KEY_TTL_MS, ttlResolution: TTL_STEP_MS });
  const unknown = new LRUCache<string, true>({ max: 10_000, ttl: KEY_TTL_MS, ttlResolution: TTL_STEP_MS });
  const asked = new Map<string, Promise<Caller | null>>();

  const lookUp = async (token: string, keyHash: Buffer, id: string): Promise<Caller | null> => {
    const find: (db: Sql, hash: Buffer) => Promise<Caller | null> = token.startsWith(ACCESS_TOKEN_PREFIX)
      ? findCallerByAccessToken
      : findApiKeyByHash;
    const caller = await find(sql, keyHash);
    if (caller) known.set(token, caller);
    else unknown.set(id, true);
    return caller;
  };

  const callerOf = (token: string): Caller | null | Promise<Caller | null> => {
    const caller = known.get(token);
    if (caller) return caller;
    const keyHash = hashToken(token);
    const id = keyHash.toString('latin1');
    if (unknown.has(id)) return null;
    const running = asked.get(id) ?? lookUp(token, keyHash, id).finally(() => asked.delete(id));
    asked.set(id, running);
    return running;
  };

  /**
   * @param side server: secret keys, for /v1. client: publishable ones, for /client/v1
   * @throws DomainError unauthorized
   */
  const authenticate = async (headers: IncomingHttpHeaders, side: 'server' | 'client'): Promise<Caller> => {
    const { token, appId } = side === 'server' ? serverCredentials(headers) : clientCredentials(headers);
    if (token === undefined)
      throw unauthorized(
        side === 'server'
          ? 'Send X-App-Id and X-App-Token, or Authorization: Bearer <secret key>.'
          : 'Send X-Client-Application-Id and X-Client-Token.',
      );
    const found = callerOf(token);
    const caller = found instanceof Promise ? await found : found;
    const kind = side === 'server' ? 'secret' : 'publishable';
    const withoutAppId = side === 'server' && headers['x-app-token'] === undefined && appId === undefined;
    if (!caller || caller.apiKey.kind !== kind || !(withoutAppId || sameText(appId ?? '', caller.project.appId)))
      throw unauthorized('The application id and the key do not belong together, or the key is unknown or revoked.');
    if (caller.expiresAt !== undefined && caller.expiresAt <= Date.now())
      throw unauthorized('The access token has ended. Get another one.');
    return caller;
  };

  /** Reads a project anew, with the next request of each of its keys. */
  const forget = (projectId: string): void => {
    for (const [id, caller] of known.entries()) if (caller.project.id === projectId) known.delete(id);
  };

  return Object.assign(authenticate, { forget });
};

export type Authenticate = ReturnType<typeof createAuthentication>;
