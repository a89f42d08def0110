import { z } from 'zod';
import { bytesAsObject } from './body.ts';
import { bodyId, missingHeader, sameText, textSecretProblem } from './checks.ts';
import { headerName } from './header-name.ts';
import { hexSecret, provider } from './provider.ts';

/** What Postmark posts where the message is none of its own, such as an address that somebody suppressed by hand. */
const NO_MESSAGE = '00000000-0000-0000-0000-000000000000';

const eventIdOf = (body: Uint8Array): string | null => {
  const event = bytesAsObject(body);
  const [id, type] = [event?.['MessageID'], event?.['RecordType']];
  return typeof id === 'string' && typeof type === 'string' && id !== NO_MESSAGE ? `${id} ${type}` : null;
};

/** Postmark signs nothing: a post proves itself by basic authentication, or by a header of one's own that holds the secret. */
export const postmark = provider({
  name: 'postmark',
  title: 'Postmark (basic authentication or a header)',
  setup:
    'Under the stream’s Webhooks, add the source’s address. Either set the user couponry and the source’s secret as password under Basic auth, or add a custom header with the secret and name it in settings.header.',
  settings: z.strictObject({
    username: z
      .string()
      .regex(/^[^:]{1,100}$/, 'has 1 to 100 characters and no colon')
      .default('couponry')
      .meta({ description: 'The user of basic authentication' }),
    header: headerName.optional().meta({ description: 'A header that holds the secret, instead of basic authentication' }),
  }),
  secretProblem: textSecretProblem,
  newSecret: hexSecret,
  credentialHeaders: ({ header }) => (header === undefined ? [] : [header]),
  verify: ({ headers, body }, secrets, { username, header }) => {
    const given = headers[header ?? 'authorization'];
    if (!given) return missingHeader(header ?? 'authorization');
    const expected = (secret: string) => (header ? secret : `Basic ${Buffer.from(`${username}:${secret}`, 'utf8').toString('base64')}`);
    const genuine = secrets.some((secret) => sameText(given, expected(secret)));
    return genuine ? { genuine, eventId: eventIdOf(body) ?? bodyId(body) } : { genuine, reason: 'the credentials are not the source’s' };
  },
});
