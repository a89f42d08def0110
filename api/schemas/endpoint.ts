import { z } from 'zod';
import { signingSecretProblem } from '../../domain/webhook/signature/outgoing.ts';
import { webhookFilterProblem } from '../../domain/webhook/filter.ts';
import { webhookFormats } from '../../domain/webhook/formats/registry.ts';
import { isEventPattern } from '../../domain/webhook/event-types.ts';
import { duration, name, text } from './fields.ts';
import { listOf } from './list.ts';

const STATES = ['active', 'paused', 'disabled'] as const;

const secret = text(200).superRefine((value, context) => {
  const problem = signingSecretProblem(value);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

/** What HTTP itself, the message or its signature says; who could set these could change what is signed or where it goes. */
const RESERVED =
  /^(host|connection|content-.*|transfer-encoding|accept-encoding|expect|te|trailer|upgrade|keep-alive|proxy-.*|user-agent|(webhook|svix)-.*)$/;

const headers = z
  .record(
    z
      .string()
      .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, { error: 'must be the name of a header' })
      .refine((header) => !RESERVED.test(header.toLowerCase()), { error: 'must not be a header that we set ourselves' })
      .transform((header) => header.toLowerCase()),
    z.string().regex(/^[\x20-\x7e]{0,1000}$/, { error: 'must be at most 1000 printable ASCII characters' }),
  )
  .refine((value) => Object.keys(value).length <= 20, { error: 'must be 20 at the most' });

const filter = z
  .string()
  .trim()
  .min(1)
  .max(2000)
  .superRefine((value, context) => {
    const problem = webhookFilterProblem(value);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  });

const oauth = z.strictObject({
  token_url: z.string().min(1).max(2000),
  client_id: z.string().min(1).max(500),
  client_secret: z.string().min(1).max(2000),
  scope: z.string().max(1000).nullable().default(null),
  audience: z.string().max(1000).nullable().default(null),
});

/** Keys of Amazon's, and what requests are signed for. */
const awsName = z.string().regex(/^[a-z0-9-]{1,64}$/, { error: 'must be lower-case letters, digits and -' });
const awsKey = (most: number) =>
  z
    .string()
    .regex(/^[\x21-\x7e]+$/, { error: 'must be printable ASCII characters' })
    .max(most);
const aws = z.strictObject({
  access_key_id: z.string().regex(/^[A-Za-z0-9_]{4,128}$/, { error: 'must be 4 to 128 letters and digits' }),
  secret_access_key: awsKey(500),
  session_token: awsKey(4000).nullable().default(null),
  region: awsName,
  service: awsName.default('ses'),
});

const pem = z
  .string()
  .max(20_000)
  .regex(/^\s*-----BEGIN [A-Z ]+-----/, { error: 'must be PEM' });

const formatNames = webhookFormats.map(({ name: each }) => each) as [string, ...string[]];

const fields = {
  name: z
    .string()
    .regex(/^(?!dest_)[a-z0-9][a-z0-9_-]{0,99}$/, { error: 'must be 1 to 100 lower-case letters, digits, - and _' })
    .nullable()
    .meta({ description: 'By which send_webhook steps name it; null: its id' }),
  url: z.string().min(1).max(2000).meta({ description: 'Where webhooks are posted: a public address' }),
  event_types: z
    .array(z.string().refine(isEventPattern, { error: 'must be the name of an event, a prefix such as voucher.*, or *' }))
    .min(1)
    .max(100)
    .meta({ description: 'Names of events, `prefix.*` or `*`' }),
  description: text(1000).nullable(),
  headers: headers.meta({ description: 'Sent with each webhook; stored encrypted and not shown again' }),
  rate_per_second: z.int().min(1).max(10_000).nullable().meta({ description: 'null: as fast as it takes them' }),
  ordered: z
    .boolean()
    .meta({ description: 'A customer’s webhooks one after the other, in the order of their events; one that fails holds up the next' }),
  retry_schedule: z
    .array(z.number().min(0.1).max(604_800))
    .max(30)
    .nullable()
    .meta({ description: 'Waits between attempts in seconds, ±20 %; null: ours' }),
  disable_after_days: z
    .int()
    .min(1)
    .max(30)
    .nullable()
    .meta({ description: 'After so many days without a success it is disabled; null: never' }),
  filter: filter.nullable().meta({
    description: 'CEL over event.type, event.data and customer: an event for which it is false, or cannot be evaluated, is not sent',
  }),
  format: z
    .enum(formatNames)
    .nullable()
    .meta({
      description: `The API of an email system that gets the mails of coupon.rendered; null: our own shape. ${webhookFormats.map((each) => `\`${each.name}\`: ${each.title}`).join('; ')}`,
    }),
  owner_email: z.email().max(320).nullable().meta({ description: 'Who gets a mail when it is disabled' }),
  oauth: oauth
    .nullable()
    .meta({ description: 'OAuth 2.0 client credentials: webhooks carry their bearer token. Stored encrypted and not shown again' }),
  aws: aws
    .nullable()
    .meta({ description: 'Keys of Amazon’s: requests are signed by Signature Version 4. Stored encrypted and not shown again' }),
  client_certificate: z
    .strictObject({ cert: pem, key: pem, ca: pem.nullable().default(null) })
    .nullable()
    .meta({
      description:
        'What we show in TLS (mTLS), in PEM, and who signed the server’s certificate where that is no public authority. Stored encrypted and not shown again',
    }),
  state: z.enum(STATES).meta({ description: 'paused: webhooks wait; disabled: there are none' }),
};

const version = z
  .enum(['v1', 'v1a'])
  .meta({ description: 'v1: HMAC-SHA256 with a shared secret; v1a: ed25519, verified with a public key' });

export const createEndpointBody = z.strictObject({
  name: fields.name.default(null),
  url: fields.url,
  event_types: fields.event_types.optional(),
  description: fields.description.default(null),
  headers: fields.headers.default({}),
  rate_per_second: fields.rate_per_second.default(null),
  ordered: fields.ordered.default(false),
  retry_schedule: fields.retry_schedule.default(null),
  disable_after_days: fields.disable_after_days.default(5),
  filter: fields.filter.default(null),
  format: fields.format.default(null),
  owner_email: fields.owner_email.default(null),
  oauth: fields.oauth.default(null),
  aws: fields.aws.default(null),
  client_certificate: fields.client_certificate.default(null),
  state: fields.state.default('active'),
  signature: version.default('v1'),
  secret: secret.optional().meta({ description: 'Yours: whsec_… or whsk_…; without it, one is made' }),
});

export const updateEndpointBody = z.strictObject(fields).partial();

export const rotateEndpointSecretBody = z.strictObject({
  signature: version.optional().meta({ description: 'Left out: as before' }),
  secret: createEndpointBody.shape.secret,
  overlap: duration.default('P1D').meta({ description: 'How long the secrets before this one still sign as well; PT0S ends them at once' }),
});

export const testEndpointBody = z.strictObject({
  event_type: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'Whose example is sent; left out: redemption.succeeded, or what an email system understands' }),
});

export const endpointParams = z.object({ id: name.meta({ description: 'Id or name' }) });

export const endpointSchema = z
  .object({
    object: z.literal('webhook_endpoint'),
    id: z.string(),
    name: z.string().nullable(),
    url: z.string(),
    event_types: z.array(z.string()),
    description: z.string().nullable(),
    headers: z.array(z.string()).meta({ description: 'Their names' }),
    rate_per_second: z.int().nullable(),
    ordered: z.boolean(),
    retry_schedule: z.array(z.number()).nullable(),
    disable_after_days: z.int().nullable(),
    filter: z.string().nullable(),
    format: z.string().nullable(),
    owner_email: z.string().nullable(),
    oauth: z
      .object({ token_url: z.string(), client_id: z.string(), scope: z.string().nullable(), audience: z.string().nullable() })
      .nullable(),
    aws: z.object({ access_key_id: z.string(), region: z.string(), service: z.string() }).nullable(),
    client_certificate: z
      .object({ subject: z.string(), valid_to: z.string() })
      .nullable()
      .meta({ description: 'Whose it is, and until when' }),
    state: z.enum(STATES),
    disabled_reason: z.string().nullable().meta({ description: 'Why we disabled it: gone (it answered 410) or failing' }),
    failing_since: z.string().nullable().meta({ description: 'Since when nothing succeeded' }),
    held_until: z.string().nullable().meta({ description: 'It asked for time, or failed often: nothing goes there before' }),
    secrets: z.array(z.object({ signature: z.enum(['v1', 'v1a']), until: z.string().nullable() })).meta({ description: 'Newest first' }),
    created_at: z.string(),
    updated_at: z.string().nullable(),
  })
  .meta({ id: 'WebhookEndpoint' });

export const endpointSecretSchema = z
  .object({ secret: z.string().meta({ description: 'What to verify with: whsec_… for v1, the public key whpk_… for v1a' }) })
  .meta({ id: 'WebhookEndpointSecret' });
export const endpointWithSecretSchema = endpointSchema.extend(endpointSecretSchema.shape).meta({ id: 'WebhookEndpointWithSecret' });
export const endpointListSchema = listOf('endpoints', endpointSchema).meta({ id: 'WebhookEndpointList' });

const eventTypeSchema = z.object({
  type: z.string(),
  description: z.string(),
  schema: z.unknown().meta({ description: 'JSON Schema of a webhook’s body' }),
  example: z.unknown(),
});
export const eventTypeListSchema = listOf('event_types', eventTypeSchema).meta({ id: 'WebhookEventTypeList' });

export const portalLinkBody = z.strictObject({
  expires_in: duration.default('P1D').meta({ description: 'How long the link works, 30 days at the most' }),
});

export const portalLinkSchema = z
  .object({ object: z.literal('portal_link'), url: z.string(), expires_at: z.string() })
  .meta({ id: 'WebhookPortalLink' });
