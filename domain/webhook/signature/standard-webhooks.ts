import { createHmac, createPublicKey, verify as verifyKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { TOLERANCE_S, sameText, timestampProblem } from './checks.ts';
import { provider } from './provider.ts';

/** The DER prefix of an ed25519 public key (RFC 8410), before its 32 bytes. */
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** A sender rotates two or three keys; more are somebody who tries. */
const MOST_SIGNATURES = 20;

const symmetricKey = (secret: string): Buffer => Buffer.from(secret.replace(/^whsec_/, ''), 'base64');

const publicKey = (secret: string): KeyObject =>
  createPublicKey({
    key: Buffer.concat([ED25519_SPKI, Buffer.from(secret.slice('whpk_'.length), 'base64')]),
    format: 'der',
    type: 'spki',
  });

const secretProblem = (secret: string): string | null => {
  const asymmetric = secret.startsWith('whpk_');
  const encoded = asymmetric ? secret.slice('whpk_'.length) : secret.replace(/^whsec_/, '');
  if (!BASE64.test(encoded)) return 'is base64 after whsec_ (or whpk_, for a public key)';
  const bytes = Buffer.from(encoded, 'base64').length;
  if (asymmetric) return bytes === 32 ? null : `a public key has 32 bytes, this one ${bytes}`;
  return bytes >= 16 && bytes <= 64 ? null : `has 16 to 64 bytes after whsec_, this one ${bytes}`;
};

/**
 * Standard Webhooks (standardwebhooks.com) and Svix, which differ in the headers' prefix only. `v1` is an HMAC-SHA256 with a
 * `whsec_` secret, `v1a` an ed25519 signature that the sender's public key `whpk_` proves. The header may list several.
 */
export const standardWebhooks = provider({
  name: 'standard-webhooks',
  title: 'Standard Webhooks or Svix',
  setup: 'Give the sender the source’s address and secret (whsec_…), or set its own secret, or its public key whpk_…',
  settings: z.strictObject({}),
  secretProblem,
  newSecret: (random) => `whsec_${Buffer.from(random).toString('base64')}`,
  verify: ({ headers, body }, secrets, _settings, now) => {
    const prefix = headers['webhook-id'] === undefined ? 'svix' : 'webhook';
    const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) => headers[`${prefix}-${name}`]);
    if (!id || !timestamp || !signatures) {
      const missing = ['id', 'timestamp', 'signature'].filter((name) => !headers[`${prefix}-${name}`]);
      return { genuine: false, reason: `the header ${missing.map((name) => `webhook-${name}`).join(', ')} is missing` };
    }
    const late = timestampProblem(timestamp, TOLERANCE_S, now);
    if (late) return { genuine: false, reason: late };
    const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`, 'utf8'), body]);
    const given = signatures
      .split(' ')
      .slice(0, MOST_SIGNATURES)
      .map((each) => each.split(','));
    const valuesOf = (version: string) => given.flatMap(([name, value]) => (name === version && value ? [value] : []));
    const genuine = secrets.some((secret) => {
      if (secret.startsWith('whpk_')) {
        return valuesOf('v1a').some((value) => verifyKey(null, signed, publicKey(secret), Buffer.from(value, 'base64')));
      }
      const expected = createHmac('sha256', symmetricKey(secret)).update(signed).digest('base64');
      return valuesOf('v1').some((value) => sameText(value, expected));
    });
    return genuine ? { genuine, eventId: id } : { genuine, reason: "no signature matches the source's secret" };
  },
});
