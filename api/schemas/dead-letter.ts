import { z } from 'zod';
import { DEAD_LETTER_KINDS } from '../../db/delivery/dead-letters.ts';
import { listOf, paging } from './list.ts';

const kind = z.enum(DEAD_LETTER_KINDS);

export const listDeadLettersQuery = z.strictObject({ ...paging, kind: kind.optional() });

const deadLetterSchema = z
  .object({
    object: z.literal('dead_letter'),
    kind,
    id: z.string(),
    state: z.string(),
    cause: z.string().nullable().meta({ description: 'Why it stands still' }),
    subject: z
      .string()
      .nullable()
      .meta({ description: 'What it is about: a step, a template, an endpoint, a source, an event type or a campaign' }),
    since: z.string(),
    customer_id: z.string().nullable(),
    journey_id: z.string().nullable(),
    enrolment_id: z.string().nullable(),
    retry: z
      .object({ method: z.literal('POST'), path: z.string() })
      .nullable()
      .meta({ description: 'What tries it again once its cause is mended; null where that happens by itself' }),
  })
  .meta({ id: 'DeadLetter' });

export const deadLetterListSchema = listOf('dead_letters', deadLetterSchema)
  .extend({ counts: z.record(kind, z.int()).meta({ description: 'How many there are of each kind' }) })
  .meta({ id: 'DeadLetterList' });
