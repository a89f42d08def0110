import { z } from 'zod';
import { isScope } from '../../domain/scopes.ts';
import { listOf } from './list.ts';
import { name } from './fields.ts';

const isOrigin = (text: string): boolean => text === '*' || (URL.canParse(text) && new URL(text).origin === text);

const keyName = z.string().min(1).max(255);
const kind = z.enum(['secret', 'publishable']);
const role = z.enum(['admin', 'viewer', 'checkout', 'storefront']);
const scopes = z
  .array(z.string().refine(isScope, { error: 'must be resource:read, resource:write or resource:*, where the resource may be *' }))
  .max(100);
const origins = z
  .array(z.string().refine(isOrigin, { error: 'must be an origin such as https://shop.example, or *' }))
  .max(50)
  .meta({ description: 'Of publishable keys: the web origins that may use them. None: no browser may' });

export const createApiKeyBody = z.strictObject({
  name: keyName,
  kind,
  role: role
    .optional()
    .meta({ description: 'What it may do where no scopes are given: admin for a secret key, storefront for a publishable one' }),
  scopes: scopes.optional(),
  origins: origins.optional(),
});

export const updateApiKeyBody = z.strictObject({ name: keyName.optional(), scopes: scopes.optional(), origins: origins.optional() });

export const apiKeyParams = z.object({ id: name });

export const apiKeySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    kind,
    role,
    scopes: z.array(z.string()),
    origins: z.array(z.string()),
    hint: z.string().meta({ description: 'The last four characters' }),
    token: z.string().optional().meta({ description: 'The key itself: told once, when it is made' }),
    created_at: z.string(),
    revoked_at: z.string().nullable(),
    object: z.literal('api_key'),
  })
  .meta({ id: 'ApiKey' });

export const apiKeyListSchema = listOf('api_keys', apiKeySchema).meta({ id: 'ApiKeyList' });
