import { z } from 'zod';
import { mappingDefinition } from '../../domain/mapping-definition.ts';
import { providerNames, providers } from '../../domain/webhook-signature/registry.ts';
import { duration, name } from './fields.ts';
import { listOf, paging, startingAfter } from './list.ts';

const described = providers.map((each) => `\`${each.name}\`: ${each.title}`).join('; ');

const fields = {
  name,
  mapping: mappingDefinition.meta({
    id: 'Mapping',
    description: 'How a payload becomes events: CEL expressions over payload, headers and item',
  }),
  settings: z.record(z.string(), z.unknown()).meta({ description: 'What the provider must know besides the secret' }),
  active: z.boolean(),
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
    .meta({ description: 'Left out: the shape that Standard Webhooks recommends, with data as the customer' }),
  settings: fields.settings.default({}),
  active: fields.active.default(true),
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
  secrets: z.array(z.object({ ends_with: z.string(), until: z.string().nullable() })).meta({ description: 'Newest first' }),
  created_at: z.string(),
  updated_at: z.string().nullable(),
};

export const sourceSchema = z.object(sourceFields).meta({ id: 'Source' });
export const sourceWithSecretSchema = z
  .object({ ...sourceFields, secret: z.string().meta({ description: 'Shown this once' }) })
  .meta({ id: 'SourceWithSecret' });
export const sourceListSchema = listOf('sources', sourceSchema).meta({ id: 'SourceList' });

export const listInboundEventsQuery = z.strictObject({
  limit: paging.limit,
  starting_after: startingAfter.optional().meta({ description: 'The id of the last inbound event of the page before' }),
  status: z.enum(['received', 'mapped', 'ignored', 'unmapped']).optional(),
});

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
