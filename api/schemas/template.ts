import { z } from 'zod';
import { MAX_TEMPLATE_LENGTH } from '../../domain/template/source.ts';
import { count, listOf, paging } from './list.ts';

const templateKey = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,99}$/, { error: 'must be lower-case letters, digits, - and _, at most 100' })
  .meta({ description: 'What journeys call it' });

export const templateParams = z.object({ key: templateKey });

const version = count(1_000_000).meta({ description: 'The latest where it is left out' });

export const templateQuery = z.strictObject({ version: version.optional() });

export const listTemplatesQuery = z.strictObject({ ...paging });

export const publishTemplateBody = z.strictObject({
  source: z.string().min(1).max(MAX_TEMPLATE_LENGTH).meta({
    description: 'Front matter in YAML (subject, and preview, topic and text if you like) between lines of ---, then MJML with Handlebars',
  }),
});

export const previewBody = z.strictObject({
  version: version.optional(),
  data: z
    .record(z.string(), z.unknown())
    .default({})
    .meta({ description: 'customer, coupon, event, journey, data; samples stand in for what is left out' }),
});

export const templateSchema = z
  .object({
    key: z.string(),
    version: z.int(),
    topic: z.string().nullable(),
    subject: z.string(),
    hash: z.string().meta({ description: 'SHA-256 of the source' }),
    published_at: z.string(),
    object: z.literal('template'),
  })
  .meta({ id: 'Template' });

export const templateWithSourceSchema = templateSchema.extend({ source: z.string() }).meta({ id: 'TemplateWithSource' });

export const templateListSchema = listOf('templates', templateSchema).meta({ id: 'TemplateList' });

export const renderedSchema = z.object({ subject: z.string(), html: z.string(), text: z.string() }).meta({ id: 'RenderedMail' });
