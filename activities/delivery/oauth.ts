import { LRUCache } from 'lru-cache';
import type { OAuthClient } from '../../db/webhook/endpoints.ts';
import type { Posted, Poster } from './post.ts';

/** A token as a header takes it, or why there is none. */
export type Token = { authorization: string } | { failure: string };

/** Fetched anew so long before it ends, since a webhook with it takes a while. */
const EARLY_MS = 30_000;
/** Where the server does not say how long a token is good. */
const DEFAULT_S = 300;
const MOST_S = 86_400;

/** What an answer of a token endpoint says (RFC 6749, 5.1). */
const readToken = (answer: Posted): { authorization: string; seconds: number } | { failure: string } => {
  if ('failure' in answer) return { failure: `no OAuth token: ${answer.failure}` };
  if (answer.status !== 200) return { failure: `no OAuth token: status ${answer.status}` };
  try {
    const {
      access_token: token,
      token_type: type = 'Bearer',
      expires_in: seconds = DEFAULT_S,
    } = JSON.parse(answer.body) as Record<string, unknown>;
    if (typeof token !== 'string' || !/^[\x21-\x7e]{1,8000}$/.test(token))
      return { failure: 'no OAuth token: the answer has no access_token' };
    if (String(type).toLowerCase() !== 'bearer') return { failure: `no OAuth token: its type is ${String(type).slice(0, 50)}, not Bearer` };
    return { authorization: `Bearer ${token}`, seconds: Math.min(Math.max(Number(seconds) || DEFAULT_S, 1), MOST_S) };
  } catch {
    return { failure: 'no OAuth token: the answer is not JSON' };
  }
};

/** Gets tokens by client credentials (RFC 6749, 4.4), one for each endpoint as long as it is good; those who wait share the request. */
export const createOAuthTokens = (poster: Pick<Poster, 'post'>, clock: { now: () => number } = performance) => {
  // A resolution of 0 asks the clock each time.
  const tokens = new LRUCache<string, Promise<Token>>({ max: 1000, ttlResolution: 0, perf: clock });

  const fetch = async (key: string, client: OAuthClient): Promise<Token> => {
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    if (client.scope !== null) form.set('scope', client.scope);
    if (client.audience !== null) form.set('audience', client.audience);
    const credentials = [client.client_id, client.client_secret].map(encodeURIComponent).join(':');
    const headers = {
      authorization: `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'Couponry',
    };
    const read = readToken(await poster.post(new URL(client.token_url), headers, form.toString()));
    if ('failure' in read) {
      tokens.delete(key);
      return read;
    }
    const token = { authorization: read.authorization };
    tokens.set(key, Promise.resolve(token), { ttl: Math.max(read.seconds * 1000 - EARLY_MS, 1000) });
    return token;
  };

  const keyOf = (endpointId: string, client: OAuthClient): string => `${endpointId} ${JSON.stringify(client)}`;

  return {
    tokenOf: (endpointId: string, client: OAuthClient): Promise<Token> => {
      const key = keyOf(endpointId, client);
      const known = tokens.get(key);
      if (known) return known;
      const fetching = fetch(key, client);
      fetching.catch(() => tokens.delete(key));
      tokens.set(key, fetching);
      return fetching;
    },
    /** The endpoint did not take it: the next attempt gets another. */
    forget: (endpointId: string, client: OAuthClient): void => {
      tokens.delete(keyOf(endpointId, client));
    },
  };
};
