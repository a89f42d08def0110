import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { bytesAsJson } from './body.ts';

/** How far a sender's clock may be off, in both directions: past it a post is a replay, before it a forgery for later. */
export const TOLERANCE_S = 300;

/** Compares without telling by its time where two texts differ. */
export const sameText = (a: string, b: string): boolean => {
  const left = Buffer.from(a, 'latin1');
  const right = Buffer.from(b, 'latin1');
  return left.length === right.length && timingSafeEqual(left, right);
};

/**
 * Why a time is refused, or null.
 * @param at and @param now milliseconds since 1970; @param toleranceS seconds
 */
export const timeProblem = (at: number, toleranceS: number, now: number): string | null => {
  if (Number.isNaN(at)) return 'the timestamp is no time';
  const off = (at - now) / 1000;
  if (Math.abs(off) <= toleranceS) return null;
  return `the timestamp is ${Math.round(Math.abs(off))} s ${off < 0 ? 'old' : 'ahead'}, more than ${toleranceS} s`;
};

/**
 * Why a timestamp is refused, or null. Digits only: what parsers make of ` 1e9`, `0x10` or `1.5` differs from one to the next.
 * @param toleranceS seconds; @param now milliseconds since 1970
 */
export const timestampProblem = (timestamp: string, toleranceS: number, now: number, unit: 's' | 'ms' = 's'): string | null => {
  if (!/^\d{1,16}$/.test(timestamp)) return 'the timestamp is not a number of digits';
  return timeProblem(Number(timestamp) * (unit === 's' ? 1000 : 1), toleranceS, now);
};

/** Whether one of the secrets made this HMAC of what is signed. Secrets are keys as they stand, in UTF-8. */
export const isHmac = (
  given: string,
  secrets: readonly string[],
  algorithm: 'sha1' | 'sha256' | 'sha512',
  encoding: 'hex' | 'base64',
  signed: readonly (string | Uint8Array)[],
): boolean => {
  const value = encoding === 'hex' ? given.toLowerCase() : given;
  const bytes = Buffer.concat(signed.map((part) => (typeof part === 'string' ? Buffer.from(part, 'utf8') : part)));
  return secrets.some((secret) => sameText(value, createHmac(algorithm, secret).update(bytes).digest(encoding)));
};

/** What tells posts apart that bring no id: a retry has the same body. */
export const bodyId = (body: Uint8Array): string => `sha256:${createHash('sha256').update(body).digest('hex')}`;

/** A text or number in a JSON body; null where there is none. */
export const textAt = (body: Uint8Array, path: readonly string[]): string | null => {
  let value = bytesAsJson(body);
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null;
    value = (value as Record<string, unknown>)[key];
  }
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
};

/** What is wrong with a secret that is any text, or null. */
export const textSecretProblem = (secret: string): string | null =>
  secret.length >= 8 && secret.length <= 500 ? null : 'has 8 to 500 characters';

export const MISMATCH = { genuine: false, reason: "the signature does not match the source's secret" } as const;

export const missingHeader = (name: string) => ({ genuine: false, reason: `the header ${name} is missing` }) as const;
