import { createHash, createHmac } from 'node:crypto';
import { z } from 'zod';
import { TOLERANCE_S, sameText, timestampProblem } from './checks.ts';
import { provider, type SignedPost } from './provider.ts';

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,100}$/, 'is a header name')
  .transform((name) => name.toLowerCase());

const settings = z
  .strictObject({
    signature_header: headerName,
    algorithm: z.enum(['sha1', 'sha256', 'sha512']).default('sha256'),
    encoding: z.enum(['hex', 'base64']).default('hex'),
    /** What stands before the signature in its header, such as `sha256=`. */
    prefix: z.string().max(50).default(''),
    /** The text that is signed. */
    signed: z.string().max(200).default('{body}'),
    timestamp_header: headerName.optional(),
    timestamp_unit: z.enum(['s', 'ms']).default('s'),
    /** How old or how far ahead a timestamp may be, in seconds. */
    tolerance: z.int().min(1).max(86_400).default(TOLERANCE_S),
    /** Where the sender's id of the event stands: a header, a path into the body, or the body itself (its hash). */
    event_id: z.union([
      z.strictObject({ header: headerName }),
      z.strictObject({ path: z.string().regex(/^\w+(\.\w+)*$/, 'is a path such as data.id') }),
      z.literal('body'),
    ]),
  })
  .refine((value) => value.signed.includes('{body}'), {
    path: ['signed'],
    message: 'must contain {body}: what is not signed can be changed',
  })
  .refine((value) => (value.timestamp_header !== undefined) === value.signed.includes('{timestamp}'), {
    path: ['signed'],
    message: 'contains {timestamp} exactly where timestamp_header is given: a timestamp that is not signed proves nothing',
  });

type Settings = z.output<typeof settings>;

/** Fills the template with bytes, since a body need not be text. */
const signedBytes = (template: string, post: SignedPost, timestamp: string): Buffer =>
  Buffer.concat(
    template.split(/(\{(?:body|timestamp|method|url)\})/).map((part) => {
      if (part === '{body}') return post.body;
      if (part === '{timestamp}') return Buffer.from(timestamp, 'utf8');
      if (part === '{method}') return Buffer.from(post.method, 'utf8');
      return Buffer.from(part === '{url}' ? post.url : part, 'utf8');
    }),
  );

const eventIdOf = (post: SignedPost, where: Settings['event_id']): string | null => {
  if (where === 'body') return `sha256:${createHash('sha256').update(post.body).digest('hex')}`;
  if ('header' in where) return post.headers[where.header] ?? null;
  try {
    let value: unknown = JSON.parse(Buffer.from(post.body).toString('utf8'));
    for (const key of where.path.split('.')) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null;
      value = (value as Record<string, unknown>)[key];
    }
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
  } catch {
    return null;
  }
};

/** A sender of one's own, or one without a file here: HMAC as its settings say. */
export const generic = provider({
  name: 'generic',
  title: 'Any sender that signs with HMAC',
  settings,
  secretProblem: (secret) => (secret.length >= 16 && secret.length <= 500 ? null : 'has 16 to 500 characters'),
  newSecret: (random) => Buffer.from(random).toString('hex'),
  verify: (post, secrets, config, now) => {
    const header = post.headers[config.signature_header];
    if (!header) return { genuine: false, reason: `the header ${config.signature_header} is missing` };
    let timestamp = '';
    if (config.timestamp_header) {
      timestamp = post.headers[config.timestamp_header] ?? '';
      const problem = timestampProblem(timestamp, config.tolerance, now, config.timestamp_unit);
      if (problem) return { genuine: false, reason: problem };
    }
    if (!header.startsWith(config.prefix)) return { genuine: false, reason: `the signature does not start with ${config.prefix}` };
    const value = header.slice(config.prefix.length);
    const given = config.encoding === 'hex' ? value.toLowerCase() : value;
    const signed = signedBytes(config.signed, post, timestamp);
    const genuine = secrets.some((secret) => sameText(given, createHmac(config.algorithm, secret).update(signed).digest(config.encoding)));
    if (!genuine) return { genuine, reason: "the signature does not match the source's secret" };
    const eventId = eventIdOf(post, config.event_id);
    // Genuine, but told apart from others by nothing: its hash at least makes a retry the same event.
    return { genuine, eventId: eventId || (eventIdOf(post, 'body') as string) };
  },
});
