import { z } from 'zod';
import { metadata, name } from './fields.ts';

export const customersMetadataBody = z
  .strictObject({
    source_ids: z.array(name).min(1).max(10_000),
    metadata: metadata.meta({ description: 'Merged key by key into what each has; null takes a key away' }),
  })
  .meta({ id: 'CustomersMetadata' });
