import { z } from 'zod';
import { metadata, name } from './fields.ts';

const merged = metadata.meta({ description: 'Merged key by key into what each has; null takes a key away' });

/** One of a list, each with metadata of its own. */
export const voucherMetadataRow = z.strictObject({ code: name, metadata: merged });

export const vouchersMetadataBody = z
  .strictObject({ codes: z.array(name).min(1).max(10_000), metadata: merged })
  .meta({ id: 'VouchersMetadata' });
