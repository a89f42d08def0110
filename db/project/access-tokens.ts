import { randomBytes } from 'node:crypto';
import { hashToken, knownKeyColumns, type KnownApiKey } from './api-keys.ts';
import type { Db } from '../client.ts';

/** What access tokens begin with, so that they are told from keys without a look at the database. */
export const ACCESS_TOKEN_PREFIX = 'at_';

export interface AccessToken {
  scopes: string[];
  createdAt: Date;
  expiresAt: Date;
}

/** A caller who showed an access token: the token's scopes, and the key it is of. */
export interface KnownAccessToken extends KnownApiKey {
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** Makes a token, which exists only in this answer: the database keeps its hash. */
export const createAccessToken = async (
  db: Db,
  token: { projectId: string; apiKeyId: string; scopes: string[]; createdAt: Date; expiresAt: Date },
): Promise<string> => {
  const text = ACCESS_TOKEN_PREFIX + randomBytes(32).toString('base64url');
  await db`
    insert into access_token (token_hash, project_id, api_key_id, scopes, created_at, expires_at)
    values (${hashToken(text)}, ${token.projectId}, ${token.apiKeyId}, ${token.scopes}::text[], ${token.createdAt}, ${token.expiresAt})`;
  return text;
};

/** The token of this hash with its key and project; null where there is none, or it or its key is revoked. */
export const findCallerByAccessToken = async (db: Db, tokenHash: Buffer): Promise<KnownAccessToken | null> => {
  const [row] = await db<(KnownApiKey & { scopes: string[]; expiresAt: Date })[]>`
    select ${knownKeyColumns(db)}, t.scopes, t.expires_at
    from access_token t join api_key k on k.id = t.api_key_id join project p on p.id = t.project_id
    where t.token_hash = ${tokenHash} and t.revoked_at is null and k.revoked_at is null`;
  if (!row) return null;
  const { scopes, expiresAt, apiKey, ...known } = row;
  return { ...known, apiKey: { ...apiKey, scopes }, expiresAt: expiresAt.getTime() };
};

/** A key's token that can still be used; null where it cannot. */
export const findAccessToken = async (db: Db, apiKeyId: string, text: string, now: Date): Promise<AccessToken | null> => {
  const [row] = await db<AccessToken[]>`
    select scopes, created_at, expires_at from access_token
    where token_hash = ${hashToken(text)} and api_key_id = ${apiKeyId} and revoked_at is null and expires_at > ${now}`;
  return row ?? null;
};

/** From now on nobody gets in with it; a server that has just used it forgets it within seconds. */
export const revokeAccessToken = async (db: Db, apiKeyId: string, text: string, now: Date): Promise<void> => {
  await db`
    update access_token set revoked_at = ${now}
    where token_hash = ${hashToken(text)} and api_key_id = ${apiKeyId} and revoked_at is null`;
};

/** Deletes the tokens that ended. @returns how many */
export const forgetAccessTokens = async (db: Db, now: Date): Promise<number> => {
  const { count } = await db`delete from access_token where expires_at < ${now}`;
  return count;
};
