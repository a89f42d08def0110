import { createECDH, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { bodyId, missingHeader, TOLERANCE_S, timestampProblem } from './checks.ts';
import { provider } from './provider.ts';

const SIGNATURE = 'x-twilio-email-event-webhook-signature';
const TIMESTAMP = 'x-twilio-email-event-webhook-timestamp';
/** The DER prefix of a P-256 public key (RFC 5480), before its uncompressed point. */
const P256_SPKI = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');

/** Null: it is no P-256 key. */
const publicKey = (text: string): KeyObject | null => {
  try {
    const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : null;
  } catch {
    return null;
  }
};

const isSigned = (secret: string, signed: Buffer, signature: Buffer): boolean => {
  const key = publicKey(secret);
  return key !== null && verify('sha256', signed, { key, dsaEncoding: 'der' }, signature);
};

/** SendGrid's event webhook: batches, signed with ECDSA. The secret is a public key, which can sign nothing. */
export const sendgrid = provider({
  name: 'sendgrid',
  title: 'SendGrid (signed event webhook)',
  setup:
    'Under Settings → Mail Settings → Event Webhooks, set the source’s address and switch Signed Event Webhook on. The secret is the verification key that is shown there.',
  settings: z.strictObject({}),
  secretProblem: (secret) => (publicKey(secret) ? null : 'is a P-256 public key (SPKI) in base64, as SendGrid shows it'),
  newSecret: (random) => {
    const pair = createECDH('prime256v1');
    pair.setPrivateKey(random);
    return Buffer.concat([P256_SPKI, pair.getPublicKey()]).toString('base64');
  },
  verify: ({ headers, body }, secrets, _settings, now) => {
    const [given, timestamp] = [headers[SIGNATURE], headers[TIMESTAMP]];
    if (!given) return missingHeader(SIGNATURE);
    if (!timestamp) return missingHeader(TIMESTAMP);
    const late = timestampProblem(timestamp, TOLERANCE_S, now);
    if (late) return { genuine: false, reason: late };
    const signed = Buffer.concat([Buffer.from(timestamp, 'utf8'), body]);
    const genuine = secrets.some((secret) => isSigned(secret, signed, Buffer.from(given, 'base64')));
    return genuine ? { genuine, eventId: bodyId(body) } : { genuine, reason: "the signature does not match the source's public key" };
  },
});
