import { hash, randomBytes } from 'node:crypto';
import type { Db } from '../client.ts';
import { newId } from '../ids.ts';
import type { Project } from './projects.ts';
import type { OwnRateLimits } from './rate-limits.ts';

export interface ApiKey {
  id: string;
  projectId: string;
  name: string;
  /** secret: server side, /v1. publishable: in browsers, /client/v1. */
  kind: 'secret' | 'publishable';
  role: ApiKeyRole;
  /** What it may do: `resource:action`, where either may be `*`. */
  scopes: string[];
  /** The web origins that may use a publishable key. None: no browser may. */
  origins: string[];
}

export type ApiKeyRole = 'admin' | 'viewer' | 'checkout' | 'storefront';

/** What a key of a role may do unless it is given scopes of its own. */
export const scopesOfRole: Record<ApiKeyRole, string[]> = {
  admin: ['*:*'],
  viewer: ['*:read'],
  checkout: [
    'validations:write',
    'qualifications:write',
    'redemptions:read',
    'redemptions:write',
    'vouchers:read',
    'customers:read',
    'customers:write',
  ],
  storefront: ['validations:write', 'redemptions:write', 'qualifications:write', 'events:write', 'customers:write', 'consents:read'],
};

export interface NewApiKey {
  projectId: string;
  name: string;
  kind: ApiKey['kind'];
  role?: ApiKeyRole;
  scopes?: string[];
  origins?: string[];
}

/** SHA-256 of a token. A token is 256 random bits, so one round is as strong as a slow hash. */
export const hashToken = (token: string): Buffer => hash('sha256', token, 'buffer');

/** Makes a key. The token (`sk_…` or `pk_…`) exists only in this answer: the database keeps its hash. */
export const createApiKey = async (db: Db, key: NewApiKey): Promise<{ apiKey: ApiKey; token: string }> => {
  const token = `${key.kind === 'secret' ? 'sk' : 'pk'}_${randomBytes(32).toString('base64url')}`;
  const role = key.role ?? (key.kind === 'secret' ? 'admin' : 'storefront');
  const apiKey: ApiKey = {
    id: newId('apiKey'),
    projectId: key.projectId,
    name: key.name,
    kind: key.kind,
    role,
    scopes: key.scopes ?? scopesOfRole[role],
    origins: key.origins ?? [],
  };
  await db`
    insert into api_key (id, project_id, name, kind, key_hash, key_hint, role, scopes, origins)
    values (${apiKey.id}, ${apiKey.projectId}, ${key.name}, ${apiKey.kind}, ${hashToken(token)}, ${token.slice(-4)},
      ${apiKey.role}, ${apiKey.scopes}::text[], ${apiKey.origins}::text[])`;
  return { apiKey, token };
};

/** A key with what its requests go by. */
export interface KnownApiKey {
  apiKey: ApiKey;
  project: Project;
  /** The project's own; what is missing is the installation's. */
  rateLimits: OwnRateLimits | null;
}

/** What is known of a caller, of a key `k` and its project `p`. */
export const knownKeyColumns = (db: Db) => db`
      json_build_object('id', k.id, 'projectId', k.project_id, 'name', k.name, 'kind', k.kind, 'role', k.role, 'scopes', k.scopes, 'origins', k.origins) as api_key,
      json_build_object('id', p.id, 'appId', p.app_id, 'name', p.name, 'mode', p.mode, 'timezone', p.timezone,
        'currency', p.currency, 'caseSensitiveCodes', p.case_sensitive_codes, 'stackingRules', p.settings->'stacking_rules') as project,
      p.settings->'rate_limits' as rate_limits`;

/** The key of this hash with its project; null where there is none or it is revoked. */
export const findApiKeyByHash = async (db: Db, keyHash: Buffer): Promise<KnownApiKey | null> => {
  const [row] = await db<KnownApiKey[]>`
    select ${knownKeyColumns(db)}
    from api_key k join project p on p.id = k.project_id
    where k.key_hash = ${keyHash} and k.revoked_at is null`;
  return row ?? null;
};

/** From now on nobody gets in with it; a server that has just used it forgets it within seconds. */
export const revokeApiKey = async (db: Db, projectId: string, id: string): Promise<boolean> => {
  const { count } = await db`update api_key set revoked_at = now() where project_id = ${projectId} and id = ${id} and revoked_at is null`;
  return count === 1;
};

/** A key as it is shown: without the token, of which only the last four characters are kept. */
export interface ListedApiKey extends ApiKey {
  name: string;
  keyHint: string;
  createdAt: Date;
  revokedAt: Date | null;
}

const listedColumns = (db: Db) => db`id, project_id, name, kind, key_hint, role, scopes, origins, created_at, revoked_at`;

/** The newest first, revoked ones too. */
export const listApiKeys = (db: Db, projectId: string): Promise<ListedApiKey[]> =>
  db<ListedApiKey[]>`select ${listedColumns(db)} from api_key where project_id = ${projectId} order by created_at desc, id desc limit 1000`;

export const findApiKey = async (db: Db, projectId: string, id: string): Promise<ListedApiKey | null> => {
  const [row] = await db<ListedApiKey[]>`select ${listedColumns(db)} from api_key where project_id = ${projectId} and id = ${id}`;
  return row ?? null;
};

/** @returns null where there is none, or it is revoked */
export const updateApiKey = async (
  db: Db,
  projectId: string,
  id: string,
  change: Partial<Pick<ListedApiKey, 'name' | 'scopes' | 'origins'>>,
): Promise<ListedApiKey | null> => {
  const [row] = await db<ListedApiKey[]>`
    update api_key set name = coalesce(${change.name ?? null}, name), scopes = coalesce(${change.scopes ?? null}::text[], scopes),
      origins = coalesce(${change.origins ?? null}::text[], origins)
    where project_id = ${projectId} and id = ${id} and revoked_at is null returning ${listedColumns(db)}`;
  return row ?? null;
};
