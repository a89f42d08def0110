import { z } from 'zod';
import { name } from './fields.ts';
import { listOf, paging } from './list.ts';

/** A definition as JSON. Its fields are checked where they are known: domain/journey/definition.ts. */
const definitionBody = z
  .looseObject({
    journey: z.unknown().meta({ description: 'The key of the journey' }),
    trigger: z.unknown(),
    steps: z.unknown().meta({ description: 'A map of steps by their ids, or a list of steps with ids' }),
  })
  .partial()
  .meta({ id: 'JourneyDefinition', description: 'A journey, as docs/journeys.md describes it' });

/** JSON, or the text of a YAML document. */
export const publishBody = z.union([definitionBody, z.string().min(1)]);

export const journeyParams = z.object({ id: name.meta({ description: 'Id or key' }) });

export const listJourneysQuery = z.strictObject({ ...paging });

const states = z.enum(['live', 'paused', 'draining', 'archived']);

export const journeySchema = z
  .object({
    object: z.literal('journey'),
    id: z.string(),
    key: z.string(),
    name: z.string(),
    state: states.meta({ description: 'paused: nobody enters, and everybody inside stays where they are' }),
    version: z.int().meta({ description: 'The version that new customers enter' }),
    created_at: z.string(),
    updated_at: z.string().nullable(),
  })
  .meta({ id: 'Journey' });

const journeyVersionSchema = z
  .object({
    object: z.literal('journey_version'),
    journey_id: z.string(),
    version: z.int(),
    hash: z.string(),
    definition: z.record(z.string(), z.unknown()),
    source: z.string().meta({ description: 'As it was written' }),
    templates: z.record(z.string(), z.int()).meta({ description: 'The versions of the templates that it sends' }),
    published_at: z.string(),
  })
  .meta({ id: 'JourneyVersion' });

export const publishedSchema = journeySchema
  .extend({
    changed: z.boolean().meta({ description: 'False where the current version is the same already' }),
    published: journeyVersionSchema,
  })
  .meta({ id: 'PublishedJourney' });

export const journeyListSchema = listOf('journeys', journeySchema).meta({ id: 'JourneyList' });
export const versionListSchema = listOf('versions', journeyVersionSchema).meta({ id: 'JourneyVersionList' });
