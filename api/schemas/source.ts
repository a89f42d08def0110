import { z } from 'zod';
import { mappingDefinition } from '../../domain/mapping/definition.ts';
import { isNet } from '../../domain/delivery/web-address.ts';
import { providerNames, providers } from '../../domain/webhook/signature/registry.ts';
import { duration, name, time } from './fields.ts';
import { listOf, paging, startingAfter, timeRange } from './list.ts';

const described = providers.map((each) => `\`${each.name}\`: ${each.title}`).join('; ');

const fields = {
  name,
  mapping: mappingDefinition.meta({
    id: 'Mapping',
    description: 'How a payload becomes events: CEL expressions over payload, headers and item',
  }),
  settings: z.record(z.string(), z.unknown()).meta({ description: 'What the provider must know besides the secret' }),
  active: z.boolean(),
  allowed_nets: z
    .array(z.string().refine(isNet, { error: 'must be a net such as 203.0.113.0/24, or an address' }))
    .max(100)
    .meta({ description: 'From where posts are taken, as CIDR; none: from anywhere' }),
  max_bytes: z.int().min(1).max(1_048_576).nullable().meta({ description: 'How large a body may be; null: 1 MiB' }),
  rate_per_second: z.int().min(1).max(100_000).nullable().meta({ description: 'How many posts each process of the API takes; null: all' }),
};

export const createSourceBody = z.strictObject({
  name: fields.name,
  provider: z
    .enum(providerNames as [string, ...string[]])
    .default('standard-webhooks')
    .meta({ description: described }),
  secret: z.string().min(1).max(500).optional().meta({ description: 'The secret that the sender gave; without it, one is made' }),
  mapping: fields.mapping
    .optional()
    .meta({ description: 'Left out: the ready one of the provider, as GET /v1/sources/providers shows it' }),
  settings: fields.settings.default({}),
  active: fields.active.default(true),
  allowed_nets: fields.allowed_nets.default([]),
  max_bytes: fields.max_bytes.default(null),
  rate_per_second: fields.rate_per_second.default(null),
});

export const updateSourceBody = z.strictObject(fields).partial();

export const rotateSecretBody = z.strictObject({
  secret: createSourceBody.shape.secret,
  overlap: duration.default('P1D').meta({ description: 'How long the secrets before this one stay good; PT0S ends them at once' }),
});

export const sourceParams = z.object({ id: name.meta({ description: 'Id or name' }) });

const sourceFields = {
  object: z.literal('source'),
  id: z.string(),
  name: z.string(),
  provider: z.string(),
  url: z.string().meta({ description: 'Where the sender posts' }),
  mapping: z.unknown(),
  settings: z.unknown(),
  active: z.boolean(),
  allowed_nets: z.array(z.string()),
  max_bytes: z.int().nullable(),
  rate_per_second: z.int().nullable(),
  secrets: z.array(z.object({ ends_with: z.string(), until: z.string().nullable() })).meta({ description: 'Newest first' }),
  created_at: z.string(),
  updated_at: z.string().nullable(),
};

export const sourceSchema = z.object(sourceFields).meta({ id: 'Source' });
export const sourceWithSecretSchema = z
  .object({ ...sourceFields, secret: z.string().meta({ description: 'Shown this once' }) })
  .meta({ id: 'SourceWithSecret' });
export const sourceListSchema = listOf('sources', sourceSchema).meta({ id: 'SourceList' });

export const providerListSchema = listOf(
  'providers',
  z.object({
    object: z.literal('source_provider'),
    name: z.string(),
    title: z.string(),
    setup: z.string().meta({ description: 'What to do on the sender’s side' }),
    settings: z.unknown().meta({ description: 'JSON Schema of its settings' }),
    mapping: z.unknown().meta({ description: 'The mapping that a source has unless it brings its own' }),
  }),
).meta({ id: 'SourceProviderList' });

export const refusedPostListSchema = listOf(
  'refused_posts',
  z.object({
    object: z.literal('refused_post'),
    id: z.string(),
    source_id: z.string(),
    reason: z.string(),
    address: z.string().meta({ description: 'From where it was posted' }),
    headers: z.record(z.string(), z.string()),
    body: z.string().meta({ description: 'Its start' }),
    body_encoding: z.enum(['utf8', 'base64']),
    received_at: z.string(),
  }),
).meta({ id: 'RefusedPostList' });

export const listInboundEventsQuery = z.strictObject({
  limit: paging.limit,
  starting_after: startingAfter.optional().meta({ description: 'The id of the last inbound event of the page before' }),
  status: z.enum(['received', 'mapped', 'ignored', 'unmapped']).optional(),
  received_at: timeRange.optional(),
  provider_event_id: z.string().min(1).max(255).optional(),
});

export const replayBody = z
  .strictObject({
    from: time.meta({ description: 'Posts that came since then' }),
    until: time.optional().meta({ description: 'and before then; left out: until now' }),
    status: z.enum(['mapped', 'ignored', 'unmapped']).default('unmapped'),
  })
  .refine((body) => body.until === undefined || body.from < body.until, { path: ['until'], error: 'must be after from' });

export const replayedSchema = z
  .object({
    object: z.literal('inbound_replay'),
    replayed: z.int().meta({ description: 'How many posts are mapped again' }),
    has_more: z.boolean().meta({ description: 'There are more: call again once these are mapped' }),
  })
  .meta({ id: 'InboundReplay' });

export const tryMappingBody = z
  .strictObject({
    inbound_event: name.optional().meta({ description: 'A stored post that is mapped' }),
    payload: z.unknown().optional().meta({ description: 'Or this payload' }),
    headers: z.record(z.string(), z.string()).default({}).meta({ description: 'What came with the payload' }),
    mapping: fields.mapping.optional().meta({ description: 'Left out: the source’s' }),
  })
  .refine((body) => (body.inbound_event === undefined) !== (body.payload === undefined), {
    path: ['inbound_event'],
    error: 'must be given, or a payload, and not both',
  });

export const triedMappingSchema = z
  .object({
    object: z.literal('mapping_trial'),
    status: z.enum(['mapped', 'ignored', 'unmapped']),
    error: z.string().nullable(),
    events: z.array(
      z.object({
        type: z.string(),
        event_id: z.string(),
        occurred_at: z.string(),
        customer: z.record(z.string(), z.unknown()).nullable(),
        data: z.record(z.string(), z.unknown()),
        suppress: z.object({ reason: z.string(), email: z.string().nullable(), topic: z.string() }).nullable(),
        already_applied: z.boolean().meta({ description: 'This event is known: it would change nothing' }),
      }),
    ),
  })
  .meta({ id: 'MappingTrial' });

export const inboundEventParams = z.object({ id: name });

const inboundEventFields = {
  object: z.literal('inbound_event'),
  id: z.string(),
  source_id: z.string(),
  provider_event_id: z.string().meta({ description: 'Posts with the same one are one' }),
  status: z.enum(['received', 'mapped', 'ignored', 'unmapped']),
  error: z.string().nullable().meta({ description: 'Why it could not be mapped, or was passed over' }),
  headers: z.record(z.string(), z.string()),
  received_at: z.string(),
  mapped_at: z.string().nullable(),
};

export const inboundEventSchema = z.object(inboundEventFields).meta({ id: 'InboundEvent' });
export const inboundEventWithBodySchema = z
  .object({ ...inboundEventFields, body: z.string(), body_encoding: z.enum(['utf8', 'base64']) })
  .meta({ id: 'InboundEventWithBody' });
export const inboundEventListSchema = listOf('inbound_events', inboundEventSchema).meta({ id: 'InboundEventList' });
