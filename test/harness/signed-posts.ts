import { createHmac, createSign, generateKeyPairSync, sign as signWithKey } from 'node:crypto';
import type { SignedPost } from '../../domain/webhook/signature/provider.ts';

/** A key pair of SendGrid's kind: what it signs with, and what a source is given. */
export const sendgridKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64') };
};

const hmac = (algorithm: string, secret: string, encoding: 'hex' | 'base64', ...parts: string[]): string =>
  createHmac(algorithm, secret).update(parts.join('')).digest(encoding);

const seconds = (now: number): string => String(Math.floor(now / 1000));

/** Headers as each provider signs a body. Written apart from the code that verifies, from the providers' documents. */
export const signing = {
  hubspot: (body: string, secret: string, now: number, url: string) => ({
    'x-hubspot-request-timestamp': String(now),
    'x-hubspot-signature-v3': hmac('sha256', secret, 'base64', 'POST', url, body, String(now)),
  }),
  shopify: (body: string, secret: string) => ({
    'x-shopify-hmac-sha256': hmac('sha256', secret, 'base64', body),
    'x-shopify-webhook-id': 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
  }),
  segment: (body: string, secret: string) => ({ 'x-signature': hmac('sha1', secret, 'hex', body) }),
  klaviyo: (body: string, secret: string, now: number) => ({
    'klaviyo-timestamp': seconds(now),
    'klaviyo-signature': hmac('sha256', secret, 'hex', body, seconds(now)),
  }),
  'customer.io': (body: string, secret: string, now: number) => ({
    'x-cio-timestamp': seconds(now),
    'x-cio-signature': hmac('sha256', secret, 'hex', 'v0:', seconds(now), ':', body),
  }),
  stripe: (body: string, secret: string, now: number) => ({
    'stripe-signature': `t=${seconds(now)},v1=${hmac('sha256', secret, 'hex', seconds(now), '.', body)},v0=${'0'.repeat(64)}`,
  }),
  github: (body: string, secret: string) => ({
    'x-hub-signature-256': `sha256=${hmac('sha256', secret, 'hex', body)}`,
    'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
  }),
  'salesforce-marketing-cloud': (body: string, secret: string) => ({ 'x-sfmc-ens-signature': hmac('sha256', secret, 'base64', body) }),
};

export const sendgridHeaders = (body: string, key: ReturnType<typeof sendgridKey>, now: number) => ({
  'x-twilio-email-event-webhook-timestamp': seconds(now),
  'x-twilio-email-event-webhook-signature': signWithKey('sha256', Buffer.from(seconds(now) + body), {
    key: key.privateKey,
    dsaEncoding: 'der',
  }).toString('base64'),
});

export const mailgunBody = (data: unknown, secret: string, now: number, token = 'a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0') =>
  JSON.stringify({
    signature: { timestamp: seconds(now), token, signature: hmac('sha256', secret, 'hex', seconds(now), token) },
    'event-data': data,
  });

/** A certificate as Amazon's would be, and its key. Made for tests: it is worth nothing. */
export const snsKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { privateKey, certificate: publicKey.export({ format: 'pem', type: 'spki' }).toString() };
};

const SNS_KEYS = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
};

export const snsBody = (fields: Record<string, string>, key: ReturnType<typeof snsKey>, now: number, version: '1' | '2' = '2'): string => {
  const message: Record<string, string> = {
    Type: 'Notification',
    MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
    TopicArn: 'arn:aws:sns:eu-central-1:123456789012:ses-bounces',
    Timestamp: new Date(now).toISOString(),
    SignatureVersion: version,
    SigningCertURL: 'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-9c6465fa7f48f5cacd23014631ec1136.pem',
    ...fields,
  };
  const keys = SNS_KEYS[message['Type'] as keyof typeof SNS_KEYS] ?? SNS_KEYS.Notification;
  const signed = keys.flatMap((name) => (message[name] === undefined ? [] : [`${name}\n${message[name]}\n`])).join('');
  const Signature = createSign(version === '1' ? 'RSA-SHA1' : 'RSA-SHA256')
    .update(signed)
    .sign(key.privateKey, 'base64');
  return JSON.stringify({ ...message, Signature });
};

export const postOf = (
  body: string,
  headers: Record<string, string | undefined> = {},
  url = 'https://coupons.example.com/hooks/src_1',
): SignedPost => ({
  method: 'POST',
  url,
  headers,
  body: Buffer.from(body),
});
