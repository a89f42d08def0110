import {
  createApiKey,
  findApiKey,
  listApiKeys,
  revokeApiKey,
  scopesOfRole,
  updateApiKey,
  type ListedApiKey,
} from '../../db/project/api-keys.ts';
import type { Sql, Tx } from '../../db/client.ts';
import { recordEvents } from '../../db/event/events.ts';
import { DomainError } from '../../domain/errors.ts';
import { allows } from '../../domain/scopes.ts';
import { notFound } from '../http/errors.ts';
import { route, type RequestContext, type Route } from '../http/route.ts';
import { apiKeyListSchema, apiKeyParams, apiKeySchema, createApiKeyBody, updateApiKeyBody } from '../schemas/api-key.ts';
import { list } from '../schemas/list.ts';

export interface ApiKeyRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const tag = 'API keys';
const missing = { description: 'There is no such key, or it is revoked' };

const view = (key: ListedApiKey) => ({
  id: key.id,
  name: key.name,
  kind: key.kind,
  role: key.role,
  scopes: key.scopes,
  origins: key.origins,
  hint: key.keyHint,
  created_at: key.createdAt.toISOString(),
  revoked_at: key.revokedAt?.toISOString() ?? null,
  object: 'api_key' as const,
});

/** A key makes no key that may do more than itself. */
const requireWithin = ({ apiKey }: Pick<RequestContext, 'apiKey'>, scopes: readonly string[]): void => {
  const beyond = scopes.filter((scope) => !allows(apiKey.scopes, scope));
  if (beyond.length > 0)
    throw new DomainError('forbidden', 'This API key may not do that.', {
      details: `It cannot grant what it may not do itself: ${beyond.join(', ')}.`,
    });
};

export const createApiKeyRoutes = ({ sql, now }: ApiKeyRoutesDeps): Route[] => {
  const tell = (tx: Tx, projectId: string, type: string, key: ListedApiKey) =>
    recordEvents(tx, [{ projectId, type, customerId: null, data: { api_key: view(key) }, dedupeKey: null, occurredAt: now() }]);

  return [
    route({
      method: 'get',
      path: '/v1/api-keys',
      tag,
      summary: 'List the keys of the project, revoked ones too',
      scope: 'api-keys:read',
      responses: { 200: { description: 'Keys', schema: apiKeyListSchema } },
      handler: async ({ project }) => {
        const keys = await listApiKeys(sql, project.id);
        return { status: 200, body: list('api_keys', keys.map(view), { total: keys.length, hasMore: false }) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/api-keys',
      tag,
      summary: 'Make a key',
      description: 'The answer tells the key itself, once: an answer that is given again under the same Idempotency-Key does not.',
      scope: 'api-keys:write',
      body: createApiKeyBody,
      responses: { 200: { description: 'The key', schema: apiKeySchema } },
      handler: async (context) => {
        const { project, body, write } = context;
        requireWithin(context, body.scopes ?? scopesOfRole[body.role ?? (body.kind === 'secret' ? 'admin' : 'storefront')]);
        let token: string | undefined;
        const answer = await write(async (tx) => {
          const made = await createApiKey(tx, { projectId: project.id, ...body });
          token = made.token;
          const key = (await findApiKey(tx, project.id, made.apiKey.id))!;
          await tell(tx, project.id, 'api_key.created', key);
          return { status: 200, body: view(key) };
        });
        // Added after the answer was kept, so that the database never holds it.
        return token === undefined ? answer : { ...answer, body: { ...(answer.body as object), token } };
      },
    }),
    route({
      method: 'put',
      path: '/v1/api-keys/{id}',
      tag,
      summary: 'Change the name, scopes or origins of a key',
      description: 'It counts within seconds. What is left out stays.',
      scope: 'api-keys:write',
      params: apiKeyParams,
      body: updateApiKeyBody,
      responses: { 200: { description: 'The key', schema: apiKeySchema }, 404: missing },
      handler: (context) => {
        const { project, params, body, write } = context;
        requireWithin(context, body.scopes ?? []);
        return write(async (tx) => {
          const key = await updateApiKey(tx, project.id, params.id, body);
          if (!key) throw notFound('api_key', params.id);
          await tell(tx, project.id, 'api_key.updated', key);
          return { status: 200, body: view(key) };
        });
      },
    }),
    route({
      method: 'delete',
      path: '/v1/api-keys/{id}',
      tag,
      summary: 'Revoke a key, and every access token of it',
      description: 'It is out within seconds.',
      scope: 'api-keys:write',
      params: apiKeyParams,
      responses: { 204: { description: 'Revoked' }, 404: missing },
      handler: ({ project, params, write }) =>
        write(async (tx) => {
          if (!(await revokeApiKey(tx, project.id, params.id))) throw notFound('api_key', params.id);
          const key = (await findApiKey(tx, project.id, params.id))!;
          await tell(tx, project.id, 'api_key.revoked', key);
          return { status: 204 };
        }),
    }),
  ];
};
