import { z } from 'zod';
import { EXPORT_SOURCES, type ExportedObject } from '../../db/bulk/exports/sources.ts';
import { name } from './fields.ts';
import { count, listOf, paging, startingAfter } from './list.ts';

const objects = Object.keys(EXPORT_SOURCES) as [ExportedObject, ...ExportedObject[]];

const exportedObject = z.enum(objects);

const parameters = z.strictObject({
  order: z
    .string()
    .max(100)
    .optional()
    .meta({ description: 'A field to sort by, with - before it for the last first; by default the first first' }),
  fields: z
    .array(z.string().max(300))
    .min(1)
    .max(60)
    .optional()
    .meta({ description: 'Columns, in this order; metadata.<name> is one too' }),
  filters: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: '{"junction": "AND", "<field>": {"conditions": {"$in": ["…"]}}}' }),
});

export const createExportBody = z.strictObject({ exported_object: exportedObject, parameters: parameters.optional() });

/** The body of an export of one voucher's transactions. */
export const exportTransactionsBody = z.strictObject({ parameters: parameters.omit({ filters: true }).optional() });

export const exportParams = z.object({ id: name });

export const listExportsQuery = z.strictObject({
  limit: count(100).default(10).meta({ description: 'How many at most' }),
  page: paging.page,
  order: z.enum(['created_at', '-created_at', 'status', '-status']).default('-created_at'),
  starting_after: startingAfter.optional().meta({ description: 'The id of the last export of the page before, in the order -created_at' }),
});

export const exportSchema = z
  .object({
    id: z.string(),
    object: z.literal('export'),
    created_at: z.string(),
    status: z.enum(['SCHEDULED', 'IN_PROGRESS', 'DONE', 'ERROR']),
    channel: z.literal('API'),
    exported_object: exportedObject,
    parameters: z.object({
      order: z.string().optional(),
      fields: z.array(z.string()),
      filters: z.record(z.string(), z.unknown()).optional(),
    }),
    rows: z.int().meta({ description: 'How many are written' }),
    result: z
      .object({ url: z.string().meta({ description: 'Where the file is, for an hour; reading the export again gives a new one' }) })
      .nullable(),
    user_id: z.null(),
  })
  .meta({ id: 'Export' });

export const exportListSchema = listOf('exports', exportSchema).meta({ id: 'ExportList' });
