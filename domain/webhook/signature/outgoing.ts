import { createHmac, createPrivateKey, createPublicKey, sign as signWithKey, type KeyObject } from 'node:crypto';

/** The DER prefix of an ed25519 private key (RFC 8410), before its 32 bytes. */
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const KEY_BYTES = 32;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

export type SignatureVersion = 'v1' | 'v1a';

/** What a message's signature proves. */
export interface OutgoingMessage {
  id: string;
  /** Whole seconds since 1970. */
  timestamp: number;
  body: string;
}

const privateKey = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([ED25519_PKCS8, seed]), format: 'der', type: 'pkcs8' });

const publicBytes = (seed: Uint8Array): Buffer =>
  createPublicKey(privateKey(seed)).export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES);

const bytesOf = (secret: string): Buffer => Buffer.from(secret.replace(/^wh(sec|sk)_/, ''), 'base64');

/** `whsk_` is an ed25519 key pair and signs v1a, anything else signs v1. */
export const versionOf = (secret: string): SignatureVersion => (secret.startsWith('whsk_') ? 'v1a' : 'v1');

/** A secret that signs, of 32 random bytes: `whsec_` for HMAC (v1), `whsk_` for ed25519 (v1a: the key and its public half). */
export const newSigningSecret = (version: SignatureVersion, random: Uint8Array): string =>
  version === 'v1'
    ? `whsec_${Buffer.from(random).toString('base64')}`
    : `whsk_${Buffer.concat([random, publicBytes(random)]).toString('base64')}`;

/** What a subscriber verifies with: the secret itself for v1, and for v1a the public key `whpk_`, which can sign nothing. */
export const verifyingSecret = (secret: string): string =>
  versionOf(secret) === 'v1' ? secret : `whpk_${bytesOf(secret).subarray(KEY_BYTES).toString('base64')}`;

/** What is wrong with a secret that a person brings, or null. */
export const signingSecretProblem = (secret: string): string | null => {
  const match = /^wh(sec|sk)_(.+)$/.exec(secret);
  if (!match?.[2] || !BASE64.test(match[2])) return 'is base64 after whsec_ (HMAC) or whsk_ (ed25519)';
  const bytes = bytesOf(secret);
  if (match[1] === 'sec') return bytes.length >= 24 && bytes.length <= 64 ? null : `has 24 to 64 bytes, this one ${bytes.length}`;
  if (bytes.length !== 2 * KEY_BYTES) return `has 64 bytes, this one ${bytes.length}`;
  return publicBytes(bytes.subarray(0, KEY_BYTES)).equals(bytes.subarray(KEY_BYTES))
    ? null
    : 'is no key pair: its public half is another’s';
};

const signOnce = (secret: string, { id, timestamp, body }: OutgoingMessage): string => {
  const signed = Buffer.from(`${id}.${timestamp}.${body}`, 'utf8');
  const bytes = bytesOf(secret);
  return versionOf(secret) === 'v1'
    ? `v1,${createHmac('sha256', bytes).update(signed).digest('base64')}`
    : `v1a,${signWithKey(null, signed, privateKey(bytes.subarray(0, KEY_BYTES))).toString('base64')}`;
};

/** The header `webhook-signature` of Standard Webhooks: one signature for each secret that is good, so that a rotation breaks nobody. */
export const signatureHeader = (secrets: readonly string[], message: OutgoingMessage): string =>
  secrets.map((secret) => signOnce(secret, message)).join(' ');
