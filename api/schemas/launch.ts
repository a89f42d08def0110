import { z } from 'zod';
import { localTimeOfDay } from '../../domain/journey/fields.ts';
import { audience } from '../../domain/journey/trigger.ts';
import { metadata, name } from './fields.ts';
import { listOf, paging } from './list.ts';

const perSecond = z.int().min(1).max(10_000);

export const launchBody = z
  .strictObject({
    audience: audience.optional().meta({ description: 'Without it, the audience of the journey’s trigger' }),
    data: metadata.default({}).meta({ description: 'What the journey’s expressions see as event.data' }),
    starts_per_second: perSecond.optional().meta({ description: 'At most so many customers enter in a second' }),
    sends_per_second: perSecond.optional().meta({ description: 'At most so many of its messages are sent in a second' }),
    local_time: z
      .strictObject({
        at: localTimeOfDay,
        jitter_minutes: z.int().min(0).max(720).default(0).meta({ description: 'Customers are spread over so many minutes from then on' }),
      })
      .optional()
      .meta({ description: 'The first step is due at this time of the customer’s own day' }),
  })
  .default({ data: {} });

export const launchParams = z.object({ id: name.meta({ description: 'The journey’s id or key' }), launch: name });

export const listLaunchesQuery = z.strictObject({ ...paging });

const launchSchema = z
  .object({
    object: z.literal('launch'),
    id: z.string(),
    journey_id: z.string(),
    version: z.int(),
    audience: z.record(z.string(), z.unknown()),
    state: z.enum(['running', 'paused', 'done', 'cancelled']),
    starts_per_second: z.int().nullable(),
    sends_per_second: z.int().nullable(),
    local_time: z.object({ at: z.string(), jitter_minutes: z.int() }).nullable(),
    total: z.int().meta({ description: 'How many the audience were when it was launched' }),
    created_at: z.string(),
    finished_at: z.string().nullable(),
  })
  .meta({ id: 'Launch' });

export const launchProgressSchema = launchSchema
  .extend({
    progress: z.object({
      waiting: z.int(),
      enrolled: z.int(),
      holdout: z.int(),
      skipped: z.int(),
      reasons: z.record(z.string(), z.int()).meta({ description: 'Why customers were passed over' }),
    }),
  })
  .meta({ id: 'LaunchWithProgress' });

export const launchListSchema = listOf('launches', launchSchema).meta({ id: 'LaunchList' });
