import { z } from 'zod';
import { name } from './fields.ts';
import { flag, listOf, paging } from './list.ts';

/** A definition as JSON. Its fields are checked where they are known: domain/journey/definition.ts. */
export const definitionBody = z
  .looseObject({
    journey: z.unknown().meta({ description: 'The key of the journey' }),
    trigger: z.unknown(),
    steps: z.unknown().meta({ description: 'A map of steps by their ids, or a list of steps with ids' }),
  })
  .partial()
  .meta({ id: 'JourneyDefinition', description: 'A journey, as docs/journeys.md describes it' });

/** JSON, or the text of a YAML document. */
export const writtenBody = z.union([definitionBody, z.string().min(1)]);

const stepMap = z.record(z.string().min(1).max(60), z.string().min(1).max(60)).meta({
  description: 'With migrate: from the step where somebody stands to the step of the new version; a step that is not named keeps its id',
});

const insideFields = {
  inside: z.enum(['stay', 'migrate', 'drain']).default('stay').meta({
    description: 'What becomes of those who are inside: they stay on their version, go over to this one, or it waits until they have left',
  }),
  steps: stepMap.default({}),
};

export const publishBody = z
  .strictObject({
    definition: z
      .union([definitionBody, z.string().min(1)])
      .optional()
      .meta({ description: 'JSON, or YAML as text; without it and version, the draft' }),
    version: z.int().min(1).optional().meta({ description: 'An earlier version that is to be published again' }),
    ...insideFields,
  })
  .superRefine((body, context) => {
    if (body.definition !== undefined && body.version !== undefined)
      context.addIssue({ code: 'custom', path: ['version'], message: 'does not go with definition' });
    if (body.inside !== 'migrate' && Object.keys(body.steps).length > 0)
      context.addIssue({ code: 'custom', path: ['steps'], message: 'goes with inside: migrate only' });
  });

export const journeyParams = z.object({ id: name.meta({ description: 'Id or key' }) });

export const versionParams = journeyParams.extend({
  version: z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value),
    z.int().min(1).meta({ description: 'Its number' }),
  ),
});

const states = ['draft', 'live', 'paused', 'draining', 'archived'] as const;

export const listJourneysQuery = z.strictObject({ ...paging, state: z.enum(states).optional() });

export const saveQuery = z.strictObject({
  draft: flag.default(false).meta({ description: 'Whether it is only to be kept, mistakes and all; nobody enters' }),
});

export const journeySchema = z
  .object({
    object: z.literal('journey'),
    id: z.string(),
    key: z.string(),
    name: z.string(),
    state: z.enum(states).meta({
      description:
        'draft: never published; paused: nobody enters, and everybody inside stays where they are; draining: nobody enters, and everybody inside goes on to the end',
    }),
    version: z.int().meta({ description: 'The version that new customers enter; 0 for a draft' }),
    drains_to: z
      .enum(['archived', 'live'])
      .nullable()
      .meta({ description: 'What it becomes when nobody is inside any more, while it drains' }),
    draft_saved_at: z.string().nullable().meta({ description: 'When a draft was saved that is not published yet' }),
    created_at: z.string(),
    updated_at: z.string().nullable(),
  })
  .meta({ id: 'Journey' });

const versionFields = {
  object: z.literal('journey_version'),
  journey_id: z.string(),
  version: z.int(),
  hash: z.string(),
  definition: z.record(z.string(), z.unknown()),
  source: z.string().meta({ description: 'As it was written' }),
  templates: z.record(z.string(), z.int()).meta({ description: 'The versions of the templates that it sends' }),
  published_at: z.string(),
};

const journeyVersionSchema = z.object(versionFields).meta({ id: 'JourneyVersion' });

const inside = z.object({
  customers: z.int().meta({ description: 'How many are inside on this version' }),
  held: z.int().meta({ description: 'How many of them are held' }),
  steps: z.array(z.object({ step: z.string(), customers: z.int(), held: z.int() })),
});

export const versionSchema = z.object({ ...versionFields, inside }).meta({ id: 'JourneyVersionInside' });

const problemSchema = z
  .object({
    path: z.string(),
    message: z.string(),
    step: z.string().nullable(),
    line: z.int().nullable(),
    column: z.int().nullable(),
  })
  .meta({ id: 'DefinitionProblem' });

export const checkedSchema = z
  .object({ object: z.literal('journey_check'), valid: z.boolean(), problems: z.array(problemSchema) })
  .meta({ id: 'JourneyCheck' });

const draftSchema = z
  .object({
    source: z.string(),
    saved_at: z.string(),
    problems: z.array(problemSchema).meta({ description: 'What keeps it from being published' }),
  })
  .meta({ id: 'JourneyDraft' });

export const publishedSchema = journeySchema
  .extend({
    changed: z.boolean().meta({ description: 'False where the current version is the same already' }),
    migrated: z.int().meta({ description: 'How many of those inside went over to this version' }),
    published: journeyVersionSchema.nullable().meta({ description: 'The version that new customers enter' }),
    draft: draftSchema.nullable(),
  })
  .meta({ id: 'PublishedJourney' });

export const journeyListSchema = listOf('journeys', journeySchema).meta({ id: 'JourneyList' });
export const versionListSchema = listOf('versions', versionSchema).meta({ id: 'JourneyVersionList' });
