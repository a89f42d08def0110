import { z } from 'zod';
import { campaignSchema } from './campaign.ts';
import { someCustomer } from './customer.ts';
import { metadata, name, text, whateverElse } from './fields.ts';
import { count, flag, listOf, paging, startingAfter, timeRange } from './list.ts';
import { voucherSchema } from './voucher.ts';

/** How many codes one customer gets at once. */
const MAX_PUBLISHED = 20;

const howMany = count(MAX_PUBLISHED).optional().meta({ description: 'How many codes this customer gets' });

/** What an answer tells of a thing: clients send back what they got, of which its name is read. */
const asAnswered = (schema: z.ZodObject) => Object.fromEntries(Object.keys(schema.shape).map((field) => [field, z.unknown().optional()]));

const campaign = z
  .strictObject({ ...asAnswered(campaignSchema), name: name.optional(), id: name.optional(), count: howMany })
  .refine((told) => told.name !== undefined || told.id !== undefined, { path: ['name'], error: 'must be given, or id' })
  .transform(({ name: called, id, count: codes }) => ({ name: called, id, count: codes }));

const voucher = z.strictObject({ ...asAnswered(voucherSchema), code: name }).transform((told) => told.code);

const joinOnce = flag.optional().meta({ description: 'A customer who has a code of the campaign gets that one again' });

const fields = {
  customer: someCustomer,
  channel: text().nullish().meta({ description: 'How the code reaches the customer, such as email; API by default' }),
  metadata: metadata.nullish(),
};

export const publishBody = z
  .strictObject({
    ...fields,
    voucher: z.union([name, voucher]).nullish(),
    campaign: z.union([name.transform((told) => ({ id: undefined, name: told, count: undefined })), campaign]).nullish(),
    source_id: name.nullish().meta({ description: 'Your name for this publication: sent again, it gives the same codes again' }),
    join_once: joinOnce,
  })
  .refine((body) => (body?.voucher == null) !== (body?.campaign == null), {
    path: ['campaign'],
    error: 'must be given, or voucher, not both',
    when: whateverElse,
  })
  .meta({ id: 'Publish' });

export const publishQuery = z.strictObject({ join_once: joinOnce });

export const clientPublishBody = z.strictObject(fields);
export const clientPublishQuery = z.strictObject({ campaign: name.meta({ description: 'Id or name' }), source_id: name.optional() });

const publication = {
  id: z.string(),
  object: z.literal('publication'),
  created_at: z.string(),
  source_id: z.string().nullable(),
  customer_id: z.string(),
  customer: z.object({
    id: z.string(),
    source_id: z.string().nullable(),
    name: z.string().nullish(),
    email: z.string().nullish(),
    metadata: z.record(z.string(), z.unknown()).optional(),
    object: z.literal('customer'),
  }),
  tracking_id: z.string().nullable(),
  channel: z.string(),
  metadata: z.record(z.string(), z.unknown()),
  result: z.enum(['SUCCESS', 'FAILURE']),
  failure_code: z.string().optional(),
  failure_message: z.string().optional(),
  vouchers_id: z.array(z.string()),
};

export const publishedSchema = z
  .object({
    ...publication,
    voucher: voucherSchema.optional().meta({ description: 'Where one was asked for' }),
    vouchers: z.array(voucherSchema).optional().meta({ description: 'Where several were asked for' }),
  })
  .meta({ id: 'Published' });

const publicationSchema = z
  .object({
    ...publication,
    campaign: z.string().nullable(),
    campaign_id: z.string().nullable(),
    voucher: z
      .object({
        id: z.string(),
        code: z.string(),
        campaign: z.string().nullable(),
        campaign_id: z.string().nullable(),
        object: z.literal('voucher'),
      })
      .optional(),
    vouchers: z.array(z.string()).optional().meta({ description: 'The codes, where there are several' }),
  })
  .meta({ id: 'Publication' });

export const publicationListSchema = listOf('publications', publicationSchema).meta({ id: 'PublicationList' });

const pages = {
  ...paging,
  starting_after: startingAfter.optional().meta({ description: 'The id of the last publication of the page before' }),
  order: z.enum(['created_at', '-created_at', 'id', '-id']).default('-created_at'),
};

export const listVoucherPublicationsQuery = z.strictObject(pages);

export const listPublicationsQuery = z.strictObject({
  ...pages,
  result: z.enum(['SUCCESS', 'FAILURE']).optional(),
  campaign: z.string().max(255).optional().meta({ description: 'Id or name' }),
  customer: z.string().max(255).optional().meta({ description: 'Id or source id' }),
  voucher: z.string().max(255).optional().meta({ description: 'The code' }),
  source_id: z.string().max(255).optional(),
  created_at: timeRange.optional(),
});
