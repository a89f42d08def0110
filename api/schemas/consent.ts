import { z } from 'zod';
import { name, text } from './fields.ts';

export const createConsentBody = z.strictObject({
  name,
  description: text(2000).default(''),
  category: text().default('').meta({ description: 'What it is about, such as email' }),
});

export const consentParams = z.object({ id: name });

export const customerConsentParams = z.object({ id: name.meta({ description: 'Id or source id' }) });

const MOST = 100;

export const decideConsentsBody = z
  .record(name, z.boolean())
  .refine((given) => Object.keys(given).length <= MOST, { error: `must name at most ${MOST} consents` })
  .meta({ description: 'Whether the customer agrees, by the id or name of each consent' });

export const consentSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    category: z.string(),
    created_at: z.string(),
    updated_at: z.string().optional(),
    object: z.literal('consent'),
  })
  .meta({ id: 'Consent' });

const listed = <T extends z.ZodType>(data: T) =>
  z.object({ object: z.literal('list'), data_ref: z.literal('data'), data: z.array(data), total: z.int() });

const group = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  consents: z.array(z.string()),
  created_at: z.string(),
  object: z.literal('consent_group'),
});

export const consentListSchema = z
  .object({ groups: listed(group).meta({ description: 'The consents by their category' }), consents: listed(consentSchema) })
  .meta({ id: 'ConsentList' });

export const customerConsentsSchema = z
  .object({
    object: z.literal('list'),
    data_ref: z.literal('data'),
    data: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        given: z.boolean().nullable().meta({ description: 'null: not asked' }),
        decided_at: z.string().nullable(),
        object: z.literal('customer_consent'),
      }),
    ),
    total: z.int(),
  })
  .meta({ id: 'CustomerConsents' });
