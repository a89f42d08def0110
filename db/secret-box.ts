import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** Seals secrets before they are stored. What is sealed for one project and purpose opens for no other. */
export interface SecretBox {
  seal: (projectId: string, purpose: string, plain: string) => Buffer;
  /** Throws where the key is unknown, the bytes were changed, or project or purpose are others. */
  open: (projectId: string, purpose: string, sealed: Uint8Array) => string;
}

const VERSION = 1;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES;

const keyIdOf = (key: Uint8Array): Buffer => createHash('sha256').update('couponry key id').update(key).digest().subarray(0, KEY_ID_BYTES);

/**
 * AES-256-GCM. A sealed secret is version (1 byte), key id (4), nonce (12), tag (16), ciphertext; project and purpose are
 * authenticated with it, so that a row copied to another project or column does not open.
 * @param key 32 bytes: what is sealed from now on
 * @param older keys that still open what was sealed before the key was changed
 */
export const createSecretBox = (key: Uint8Array, older: Uint8Array[] = []): SecretBox => {
  const keys = [key, ...older].map((bytes) => ({ id: keyIdOf(bytes), bytes }));
  const short = keys.find((each) => each.bytes.length !== 32);
  if (short) throw new Error(`an encryption key has 32 bytes, this one ${short.bytes.length}`);
  const current = keys[0] as (typeof keys)[number];
  const context = (projectId: string, purpose: string) => Buffer.from(JSON.stringify([projectId, purpose]));

  return {
    seal: (projectId, purpose, plain) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.bytes, nonce).setAAD(context(projectId, purpose));
      const ciphertext = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(VERSION), current.id, nonce, cipher.getAuthTag(), ciphertext]);
    },
    open: (projectId, purpose, sealed) => {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      if (bytes.length < HEADER_BYTES + TAG_BYTES || bytes[0] !== VERSION) throw new Error('this is no sealed secret');
      const id = bytes.subarray(1, 1 + KEY_ID_BYTES);
      const found = keys.find((each) => each.id.equals(id));
      if (!found) throw new Error(`this secret was sealed with the key ${id.toString('hex')}, which is not configured`);
      const decipher = createDecipheriv('aes-256-gcm', found.bytes, bytes.subarray(1 + KEY_ID_BYTES, HEADER_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(context(projectId, purpose))
        .setAuthTag(bytes.subarray(HEADER_BYTES, HEADER_BYTES + TAG_BYTES));
      return Buffer.concat([decipher.update(bytes.subarray(HEADER_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
    },
  };
};
