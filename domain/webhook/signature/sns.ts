import { createVerify } from 'node:crypto';
import { z } from 'zod';
import { parsePayload } from '../payload.ts';
import { bytesAsObject } from './body.ts';
import { timeProblem } from './checks.ts';
import { hexSecret, provider } from './provider.ts';

const TOLERANCE_S = 3600;
/** Only Amazon's own host of a region: a certificate or a confirmation from anywhere else proves whatever its maker likes. */
const HOST = /^sns\.[a-z0-9-]{3,}\.amazonaws\.com(\.cn)?$/;
const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$/;

const envelope = z.object({
  Type: z.enum(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation']),
  MessageId: z.string().min(1).max(255),
  TopicArn: z.string().min(1).max(300),
  Message: z.string(),
  Timestamp: z.string(),
  SignatureVersion: z.enum(['1', '2']),
  Signature: z.string().max(2000),
  SigningCertURL: z.string().max(500),
  Subject: z.string().nullish(),
  SubscribeURL: z.string().max(2000).optional(),
  Token: z.string().max(2000).optional(),
});

type Envelope = z.output<typeof envelope>;

/** Amazon's documents list the keys that are signed, in this order. */
const SIGNED: Record<Envelope['Type'], readonly (keyof Envelope)[]> = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
};

const read = (body: Uint8Array): Envelope | null => envelope.safeParse(bytesAsObject(body)).data ?? null;

const signedText = (message: Envelope): string =>
  SIGNED[message.Type]
    .flatMap((key) => (message[key] === undefined || message[key] === null ? [] : [`${key}\n${message[key]}\n`]))
    .join('');

/** An address at Amazon's host for SNS, over HTTPS, and nothing that merely looks like one. */
const amazonUrl = (text: string | undefined): URL | null => {
  if (text === undefined || !URL.canParse(text)) return null;
  const url = new URL(text);
  const plain = url.protocol === 'https:' && url.port === '' && url.username === '' && url.password === '' && url.hash === '';
  return plain && HOST.test(url.hostname) ? url : null;
};

const isSignedBy = (message: Envelope, certificate: string): boolean => {
  try {
    const algorithm = message.SignatureVersion === '1' ? 'RSA-SHA1' : 'RSA-SHA256';
    return createVerify(algorithm).update(signedText(message), 'utf8').verify(certificate, message.Signature, 'base64');
  } catch {
    return false;
  }
};

/** Amazon SNS, and what SES tells through it. Proved by Amazon's certificate instead of a secret, for topics that the source names. */
export const sns = provider({
  name: 'aws-sns',
  title: 'Amazon SNS, and SES through it',
  setup:
    'Name the topic in settings.topic_arns, and subscribe the source’s address to it by HTTPS without raw delivery: the subscription is confirmed by itself. For SES, set the topic as the destination of bounces, complaints and deliveries. No secret is needed.',
  settings: z.strictObject({
    topic_arns: z
      .array(z.string().regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w.-]{1,256}$/, 'is the ARN of a topic'))
      .min(1)
      .max(50)
      .meta({ description: 'The topics that may post; anybody can make a topic of their own' }),
  }),
  secretProblem: () => null,
  newSecret: hexSecret,
  // What SES tells is JSON within JSON. For other topics `message` is empty where the text is no object.
  payload: (body) => {
    const payload = parsePayload(body) as Record<string, unknown>;
    const text = typeof payload['Message'] === 'string' ? payload['Message'] : '';
    return { ...payload, message: bytesAsObject(Buffer.from(text, 'utf8')) ?? {} };
  },
  certificateUrl: ({ body }, settings) => {
    const message = read(body);
    // Strangers have nothing fetched.
    if (!message || !settings.topic_arns.includes(message.TopicArn)) return null;
    const url = amazonUrl(message.SigningCertURL);
    return url?.pathname.endsWith('.pem') && url.search === '' ? url.href : null;
  },
  confirmationUrl: ({ body }) => {
    const message = read(body);
    return message?.Type === 'SubscriptionConfirmation' ? (amazonUrl(message.SubscribeURL)?.href ?? null) : null;
  },
  verify: ({ headers, body }, _secrets, settings, now, certificate) => {
    const message = read(body);
    if (!message) {
      const raw = headers['x-amz-sns-rawdelivery'] === 'true';
      return {
        genuine: false,
        reason: raw ? 'raw messages are not signed: switch raw delivery off' : 'the body is no signed message of SNS',
      };
    }
    if (!settings.topic_arns.includes(message.TopicArn))
      return { genuine: false, reason: `the topic ${message.TopicArn} is none of settings.topic_arns` };
    const late = ISO.test(message.Timestamp) ? timeProblem(Date.parse(message.Timestamp), TOLERANCE_S, now) : 'the timestamp is no time';
    if (late) return { genuine: false, reason: late };
    if (certificate === undefined) return { genuine: false, reason: 'SigningCertURL is not at Amazon’s host for SNS' };
    if (message.Type === 'SubscriptionConfirmation' && !amazonUrl(message.SubscribeURL))
      return { genuine: false, reason: 'SubscribeURL is not at Amazon’s host for SNS' };
    return isSignedBy(message, certificate)
      ? { genuine: true, eventId: message.MessageId }
      : { genuine: false, reason: 'the signature does not match Amazon’s certificate' };
  },
});
