import { ACCESS_TOKEN_PREFIX, createAccessToken, findAccessToken, revokeAccessToken } from '../../db/project/access-tokens.ts';
import type { ApiKey } from '../../db/project/api-keys.ts';
import type { Sql } from '../../db/client.ts';
import { DomainError, invalidPayload } from '../../domain/errors.ts';
import { allows } from '../../domain/scopes.ts';
import { route, type Route } from '../http/route.ts';
import { FORM, introspectionSchema, ofTokenBody, tokenBody, tokenQuery, tokenSchema } from '../schemas/oauth.ts';

export interface OauthRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const tag = 'OAuth';
const LIFETIME_S = 15 * 60;

/** What Voucherify's clients ask for where they mean all. */
const ALL = 'api';

const wrong = (path: string, message: string) => invalidPayload([{ path, message }]);

/** The scopes of a token: those that are asked for, if the key has them. */
const scopesOf = (apiKey: ApiKey, asked: string | undefined): string[] => {
  const scopes = (asked ?? ALL).split(/\s+/).filter((scope) => scope !== '');
  if (scopes.length === 0 || scopes.includes(ALL)) return apiKey.scopes;
  const granted = scopes.map((scope) => (/^[\w-]+$/.test(scope) ? `${scope}:*` : scope));
  const beyond = granted.filter((scope) => !allows(apiKey.scopes, scope));
  if (beyond.length > 0) throw wrong('scope', `must be within the key's scopes, which do not cover ${beyond.join(' ')}`);
  return granted;
};

/** A token does not beget tokens: it would never end. */
const requireKey = ({ viaToken }: { viaToken: boolean }): void => {
  if (viaToken)
    throw new DomainError('forbidden', 'Show the key itself', { details: 'An access token cannot be used for this; the key can.' });
};

/**
 * OAuth 2 client credentials (RFC 6749, 4.4): the client is the application, its secret the key, shown as X-App-Id and X-App-Token or by
 * Basic. None of these goes by Idempotency-Key, since the answer, which is a secret, would be kept with it.
 */
export const createOauthRoutes = ({ sql, now }: OauthRoutesDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/oauth/token',
    tag,
    summary: 'Get an access token for a key',
    description: `It ends after ${LIFETIME_S / 60} minutes, or when its key is revoked. Send it as Authorization: Bearer.`,
    scope: null,
    query: tokenQuery,
    body: tokenBody,
    textTypes: [FORM],
    responses: { 200: { description: 'The token, which is told only once', schema: tokenSchema } },
    handler: async ({ project, apiKey, query, body, viaToken }) => {
      requireKey({ viaToken });
      if ((body.grant_type ?? query.grant_type) === undefined) throw wrong('grant_type', 'must be client_credentials');
      const scopes = scopesOf(apiKey, body.scope ?? query.scope);
      const createdAt = now();
      const expiresAt = new Date(createdAt.getTime() + LIFETIME_S * 1_000);
      const token = await createAccessToken(sql, { projectId: project.id, apiKeyId: apiKey.id, scopes, createdAt, expiresAt });
      return { status: 200, body: { access_token: token, token_type: 'Bearer', expires_in: LIFETIME_S, scope: scopes.join(' ') } };
    },
  }),
  route({
    method: 'post',
    path: '/v1/oauth/token/introspect',
    tag,
    summary: 'Tell whether an access token of this key can be used',
    scope: null,
    body: ofTokenBody,
    textTypes: [FORM],
    responses: { 200: { description: 'What it is good for', schema: introspectionSchema } },
    handler: async ({ project, apiKey, body, viaToken }) => {
      requireKey({ viaToken });
      const token = body.token.startsWith(ACCESS_TOKEN_PREFIX) ? await findAccessToken(sql, apiKey.id, body.token, now()) : null;
      if (!token) return { status: 200, body: { active: false } };
      const seconds = (time: Date): number => Math.floor(time.getTime() / 1_000);
      const when = { iat: seconds(token.createdAt), exp: seconds(token.expiresAt) };
      const of = { scope: token.scopes.join(' '), client_id: project.appId, token_type: 'Bearer' };
      return { status: 200, body: { active: true, ...of, ...when } };
    },
  }),
  route({
    method: 'post',
    path: '/v1/oauth/token/revoke',
    tag,
    summary: 'Revoke an access token of this key',
    description: 'It is out within seconds. A token that is not there is revoked already.',
    scope: null,
    body: ofTokenBody,
    textTypes: [FORM],
    responses: { 200: { description: 'It cannot be used any more' } },
    handler: async ({ apiKey, body, viaToken }) => {
      requireKey({ viaToken });
      await revokeAccessToken(sql, apiKey.id, body.token, now());
      return { status: 200, body: {} };
    },
  }),
];
