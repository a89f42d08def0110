import { z } from 'zod';
import { name } from './fields.ts';
import { flag } from './list.ts';

const MAX_ROWS = 10_000;

const isEncoding = (label: string): boolean => {
  try {
    return new TextDecoder(label).encoding !== '';
  } catch {
    return false;
  }
};

const allOrNothing = flag
  .default(false)
  .meta({ description: 'Whether one row that is wrong keeps all out; by default the good ones are imported' });

export const importQuery = z.strictObject({ all_or_nothing: allOrNothing });

export const importCsvQuery = importQuery.extend({
  encoding: z
    .string()
    .max(40)
    .refine(isEncoding, { error: 'must be an encoding such as utf-8, windows-1252 or utf-16le' })
    .optional()
    .meta({ description: 'Of a file that is not UTF-8 and has no byte order mark' }),
});

/** Each is checked by itself, so that every one that is wrong is told. */
export const importBody = z.array(z.record(z.string(), z.unknown())).min(1).max(MAX_ROWS);

export const campaignImportParams = z.object({ id: name.meta({ description: 'Id or name of the campaign' }) });

export const importedSchema = z.object({ async_action_id: z.string() }).meta({ id: 'AsyncActionId' });

export const rowErrorSchema = z.object({
  line: z.int().meta({ description: 'Where the row begins in the file, from 1; of a JSON list, its place in it' }),
  errors: z.array(z.object({ path: z.string(), message: z.string() })),
});
