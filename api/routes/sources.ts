import { z } from 'zod';
import type { Sql } from '../../db/client.ts';
import type { SecretBox } from '../../db/secret-box.ts';
import {
  deleteSource,
  findSource,
  insertSource,
  listSources,
  lockSource,
  openSecrets,
  rotatedSecrets,
  writeSource,
  type Source,
} from '../../db/source/sources.ts';
import { later } from '../../domain/calendar.ts';
import { DomainError } from '../../domain/errors.ts';
import { compileMapping, MappingError } from '../../domain/mapping/mapping.ts';
import type { MappingDefinition } from '../../domain/mapping/definition.ts';
import { readyMappingOf } from '../../domain/mapping/providers/registry.ts';
import { providerNamed, providers } from '../../domain/webhook/signature/registry.ts';
import type { WebhookProvider } from '../../domain/webhook/signature/provider.ts';
import { notFound } from '../http/errors.ts';
import { fieldProblems } from '../http/field-problems.ts';
import { route, type Answer, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import {
  createSourceBody,
  providerListSchema,
  rotateSecretBody,
  sourceListSchema,
  sourceParams,
  sourceSchema,
  sourceWithSecretSchema,
  updateSourceBody,
} from '../schemas/source.ts';
import { createInboundEventRoutes } from './inbound-events.ts';
import { createInboxRoutes } from './inbox.ts';

export interface SourceRoutesDeps {
  sql: Sql;
  box: SecretBox;
  now: () => Date;
  randomBytes: (count: number) => Uint8Array;
  /** Where this API is reached from outside, without a slash at the end. */
  publicUrl: string;
  /** Tells the relay, where it runs in this process, that there is something to map. */
  hint?: () => void;
}

const SECRET_BYTES = 32;

const wrong = (fields: { path: string; message: string }[]): DomainError =>
  new DomainError('invalid_payload', 'The source has fields that are wrong.', { details: `${fields.length} of them`, fields });

const taken = (name: string): DomainError =>
  new DomainError('duplicate_found', 'A source of this name exists.', { details: name, resource: { id: name, type: 'source' } });

/** What the body's schema cannot know: the provider's settings, its kind of secret, and whether the mapping compiles. */
const check = (provider: WebhookProvider, told: { settings?: unknown; secret?: string; mapping?: MappingDefinition }): void => {
  const problems: { path: string; message: string }[] = [];
  if (told.settings !== undefined) {
    const parsed = provider.settings.safeParse(told.settings);
    if (!parsed.success) problems.push(...fieldProblems(parsed.error.issues, ['settings']));
  }
  const secret = told.secret === undefined ? null : provider.secretProblem(told.secret);
  if (secret !== null) problems.push({ path: 'secret', message: secret });
  try {
    if (told.mapping) compileMapping(told.mapping);
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    problems.push({ path: 'mapping', message: error.message });
  }
  if (problems.length > 0) throw wrong(problems);
};

type Limits = Pick<Source, 'allowedNets' | 'maxBytes' | 'ratePerSecond'>;

/** The limits that a body sets, and those before for what it leaves out. */
const limitsOf = (
  body: { allowed_nets?: string[]; max_bytes?: number | null; rate_per_second?: number | null },
  before: Partial<Limits>,
): Limits => ({
  allowedNets: body.allowed_nets ?? before.allowedNets ?? [],
  maxBytes: (body.max_bytes === undefined ? before.maxBytes : body.max_bytes) ?? null,
  ratePerSecond: (body.rate_per_second === undefined ? before.ratePerSecond : body.rate_per_second) ?? null,
});

/** Every kind of sender, as the API shows it. */
const providerViews = providers.map(({ name, title, setup, settings }) => ({
  name,
  title,
  setup,
  settings: z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' }),
  mapping: readyMappingOf(name),
  object: 'source_provider' as const,
}));

export const createSourceRoutes = (deps: SourceRoutesDeps): Route[] => {
  const { sql, box, now, randomBytes, publicUrl } = deps;

  const view = (source: Source) => ({
    id: source.id,
    name: source.name,
    provider: source.provider,
    url: `${publicUrl}/hooks/${source.id}`,
    mapping: source.mapping,
    settings: source.settings,
    active: source.active,
    allowed_nets: source.allowedNets,
    max_bytes: source.maxBytes,
    rate_per_second: source.ratePerSecond,
    secrets: openSecrets(box, source).map(({ secret, until }) => ({ ends_with: secret.slice(-4), until })),
    created_at: source.createdAt.toISOString(),
    updated_at: source.updatedAt?.toISOString() ?? null,
    object: 'source' as const,
  });

  const load = async (db: Sql, projectId: string, id: string): Promise<Source> => {
    const source = await findSource(db, projectId, id);
    if (!source) throw notFound('source', id);
    return source;
  };

  /** Adds the newest secret, which must not be kept with the answer of an Idempotency-Key. */
  const tellSecret = async (projectId: string, answer: Answer): Promise<Answer> => {
    const source = await load(sql, projectId, (answer.body as { id: string }).id);
    const secret = openSecrets(box, source)[0]?.secret ?? '';
    const url = `${publicUrl}/hooks/${source.id}?key=${encodeURIComponent(secret)}`;
    return { ...answer, body: { ...(answer.body as object), ...(providerNamed(source.provider).secretInUrl && { url }), secret } };
  };

  const found = { description: 'The source', schema: sourceSchema };
  const withSecret = { description: 'The source, and its secret this once', schema: sourceWithSecretSchema };
  const missing = { description: 'There is no such source' };
  const exists = { description: 'A source of this name exists' };
  const common = { tag: 'Sources' };

  return [
    route({
      ...common,
      method: 'get',
      path: '/v1/sources',
      summary: 'List the sources of webhooks',
      scope: 'sources:read',
      responses: { 200: { description: 'Sources', schema: sourceListSchema } },
      handler: async ({ project }) => {
        const sources = await listSources(sql, project.id);
        return { status: 200, body: list('sources', sources.map(view), { total: sources.length, hasMore: false }) };
      },
    }),
    route({
      ...common,
      method: 'post',
      path: '/v1/sources',
      summary: 'Create a source: an address that a CRM, shop or mail service posts signed webhooks to',
      scope: 'sources:write',
      body: createSourceBody,
      responses: { 200: withSecret, 409: exists },
      handler: async ({ project, body, write }) => {
        const provider = providerNamed(body.provider);
        check(provider, body);
        const secret = body.secret ?? provider.newSecret(randomBytes(SECRET_BYTES));
        const answer = await write(async (tx) => {
          const source = await insertSource(tx, box, project.id, {
            ...body,
            ...limitsOf(body, {}),
            mapping: body.mapping ?? readyMappingOf(provider.name),
            secret,
          });
          if (!source) throw taken(body.name);
          return { status: 200, body: view(source) };
        });
        return tellSecret(project.id, answer);
      },
    }),
    route({
      ...common,
      method: 'get',
      path: '/v1/sources/providers',
      summary: 'List the kinds of senders that are understood, with their settings and ready mappings',
      scope: 'sources:read',
      responses: { 200: { description: 'Providers', schema: providerListSchema } },
      handler: async () => {
        const total = providerViews.length;
        return { status: 200, body: list('providers', providerViews, { total, hasMore: false }) };
      },
    }),
    route({
      ...common,
      method: 'get',
      path: '/v1/sources/{id}',
      summary: 'Get a source',
      scope: 'sources:read',
      params: sourceParams,
      responses: { 200: found, 404: missing },
      handler: async ({ project, params }) => ({ status: 200, body: view(await load(sql, project.id, params.id)) }),
    }),
    route({
      ...common,
      method: 'put',
      path: '/v1/sources/{id}',
      summary: 'Change a source: its name, mapping or settings, or whether it takes posts',
      description: 'What is left out stays as it is. Posts that could not be mapped can be replayed after the mapping was changed.',
      scope: 'sources:write',
      params: sourceParams,
      body: updateSourceBody,
      responses: { 200: found, 404: missing, 409: exists },
      handler: async ({ project, params, body, write }) => {
        const known = await load(sql, project.id, params.id);
        check(providerNamed(known.provider), body);
        return write(async (tx) => {
          const source = await lockSource(tx, project.id, known.id);
          if (!source) throw notFound('source', params.id);
          const namesake = body.name === undefined ? null : await findSource(tx, project.id, body.name);
          if (namesake && namesake.id !== source.id) throw taken(body.name as string);
          return { status: 200, body: view(await writeSource(tx, { ...source, ...body, ...limitsOf(body, source) }, now())) };
        });
      },
    }),
    route({
      ...common,
      method: 'post',
      path: '/v1/sources/{id}/rotate-secret',
      summary: 'Give a source a new secret; those before it stay good for a while',
      scope: 'sources:write',
      params: sourceParams,
      body: rotateSecretBody,
      responses: { 200: withSecret, 404: missing },
      handler: async ({ project, params, body, write }) => {
        const known = await load(sql, project.id, params.id);
        const provider = providerNamed(known.provider);
        check(provider, body);
        const secret = body.secret ?? provider.newSecret(randomBytes(SECRET_BYTES));
        const answer = await write(async (tx) => {
          const source = await lockSource(tx, project.id, known.id);
          if (!source) throw notFound('source', params.id);
          const until = new Date(later(now().toISOString(), body.overlap, 'UTC'));
          const rotated = await writeSource(tx, { ...source, secrets: rotatedSecrets(box, source, secret, until) }, now());
          return { status: 200, body: view(rotated) };
        });
        return tellSecret(project.id, answer);
      },
    }),
    route({
      ...common,
      method: 'delete',
      path: '/v1/sources/{id}',
      summary: 'Delete a source with what it posted',
      description: 'Events that were made of its posts stay.',
      scope: 'sources:write',
      params: sourceParams,
      responses: { 204: { description: 'Deleted' }, 404: missing },
      handler: ({ project, params, write }) =>
        write(async (tx) => {
          const known = await findSource(tx, project.id, params.id);
          if (!known || !(await deleteSource(tx, project.id, known.id))) throw notFound('source', params.id);
          return { status: 204 };
        }),
    }),
    ...createInboundEventRoutes(deps),
    ...createInboxRoutes(deps),
  ];
};
