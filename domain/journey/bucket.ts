import { createHash } from 'node:crypto';

export const BUCKETS = 10_000;

/**
 * The bucket that a customer falls into: SHA-256 of `salt:customer id`, its first eight bytes as an unsigned big-endian integer, modulo
 * 10,000. So anyone who knows the salt can recompute it, and a customer falls into the same one whenever they come.
 */
export const bucketOf = (salt: string, customerId: string): number =>
  Number(createHash('sha256').update(`${salt}:${customerId}`).digest().readBigUInt64BE(0) % BigInt(BUCKETS));

/** Buckets of a share in percent, with at most two digits after the point. */
export const bucketsOf = (percent: number): number => Math.round(percent * (BUCKETS / 100));

/** Whether a customer belongs to the share that gets nothing. */
export const isHeldOut = ({ percent, salt }: { percent: number; salt: string }, customerId: string): boolean =>
  bucketOf(salt, customerId) < bucketsOf(percent);
