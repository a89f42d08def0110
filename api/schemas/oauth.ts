import { z } from 'zod';
import { parseQuery } from '../http/query-string.ts';
import { text } from './fields.ts';

export const FORM = 'application/x-www-form-urlencoded';

/** A form as OAuth clients send it, or the same as JSON. */
const formOrJson = <T extends z.ZodType>(schema: T) => z.preprocess((told) => (typeof told === 'string' ? parseQuery(told) : told), schema);

const grantType = z.literal('client_credentials', { error: 'must be client_credentials' });
const scope = text(2_000).meta({ description: 'Scopes by spaces, no more than the key has; left out or `api`: all that the key has' });

export const tokenQuery = z.strictObject({ grant_type: grantType.optional(), scope: scope.optional() });
export const tokenBody = formOrJson(z.strictObject({ grant_type: grantType.optional(), scope: scope.optional() }));

export const tokenSchema = z
  .object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'Seconds' }),
    scope: z.string(),
  })
  .meta({ id: 'AccessToken' });

const ofToken = { token: text(200).min(1), token_type_hint: text(50).optional() };

export const ofTokenBody = formOrJson(z.strictObject(ofToken));

export const introspectionSchema = z
  .object({
    active: z.boolean(),
    scope: z.string().optional(),
    client_id: z.string().optional().meta({ description: 'The application id' }),
    token_type: z.literal('Bearer').optional(),
    exp: z.int().optional().meta({ description: 'Seconds since 1970' }),
    iat: z.int().optional(),
  })
  .meta({ id: 'TokenIntrospection' });
