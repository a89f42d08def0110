import { z } from 'zod';
import { bodyId, isHmac, MISMATCH, missingHeader, textAt, TOLERANCE_S, timestampProblem } from './checks.ts';
import { headerName } from './header-name.ts';
import { provider, type SignedPost } from './provider.ts';

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

/** The template's parts with what stands for them, as bytes, since a body need not be text. */
const signedParts = (template: string, post: SignedPost, timestamp: string): (string | Uint8Array)[] =>
  template.split(/(\{(?:body|timestamp|method|url)\})/).map((part) => {
    if (part === '{body}') return post.body;
    if (part === '{timestamp}') return timestamp;
    if (part === '{method}') return post.method;
    return part === '{url}' ? post.url : part;
  });

const eventIdOf = (post: SignedPost, where: Settings['event_id']): string | null => {
  if (where === 'body') return bodyId(post.body);
  return 'header' in where ? (post.headers[where.header] ?? null) : textAt(post.body, where.path.split('.'));
};

/** A sender of one's own, or one without a file here: HMAC as its settings say. */
export const generic = provider({
  name: 'generic',
  title: 'Any sender that signs with HMAC',
  setup:
    'Give the sender the source’s address and secret, and say in settings how it signs: which header, which algorithm, over which text.',
  settings,
  secretProblem: (secret) => (secret.length >= 16 && secret.length <= 500 ? null : 'has 16 to 500 characters'),
  newSecret: (random) => Buffer.from(random).toString('hex'),
  verify: (post, secrets, config, now) => {
    const header = post.headers[config.signature_header];
    if (!header) return missingHeader(config.signature_header);
    let timestamp = '';
    if (config.timestamp_header) {
      timestamp = post.headers[config.timestamp_header] ?? '';
      const problem = timestampProblem(timestamp, config.tolerance, now, config.timestamp_unit);
      if (problem) return { genuine: false, reason: problem };
    }
    if (!header.startsWith(config.prefix)) return { genuine: false, reason: `the signature does not start with ${config.prefix}` };
    const signed = signedParts(config.signed, post, timestamp);
    if (!isHmac(header.slice(config.prefix.length), secrets, config.algorithm, config.encoding, signed)) return MISMATCH;
    // Genuine, but told apart from others by nothing: its hash at least makes a retry the same event.
    return { genuine: true, eventId: eventIdOf(post, config.event_id) || bodyId(post.body) };
  },
});
