import { z } from 'zod';
import { name } from './fields.ts';
import { journeySchema } from './journey.ts';
import { listOf } from './list.ts';

export const journeyTemplateParams = z.object({ name });

const journeyTemplateSchema = z
  .object({
    object: z.literal('journey_template'),
    name: z.string(),
    title: z.string(),
    description: z.string().nullable(),
    source: z.string().meta({ description: 'Its definition, in YAML' }),
  })
  .meta({ id: 'JourneyTemplate' });

export const journeyTemplateListSchema = listOf('journey_templates', journeyTemplateSchema).meta({ id: 'JourneyTemplateList' });

export const installedSchema = z
  .object({
    object: z.literal('journey_template'),
    name: z.string(),
    installed: z.array(z.string()).meta({ description: 'What was made; empty where the project had it all' }),
    journey: journeySchema,
  })
  .meta({ id: 'InstalledJourney' });
