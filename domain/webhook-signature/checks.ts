import { timingSafeEqual } from 'node:crypto';

/** How far a sender's clock may be off, in both directions: past it a post is a replay, before it a forgery for later. */
export const TOLERANCE_S = 300;

/** Compares without telling by its time where two texts differ. */
export const sameText = (a: string, b: string): boolean => {
  const left = Buffer.from(a, 'latin1');
  const right = Buffer.from(b, 'latin1');
  return left.length === right.length && timingSafeEqual(left, right);
};

/**
 * Why a timestamp is refused, or null. Digits only: what parsers make of ` 1e9`, `0x10` or `1.5` differs from one to the next.
 * @param toleranceS seconds; @param now milliseconds since 1970
 */
export const timestampProblem = (timestamp: string, toleranceS: number, now: number, unit: 's' | 'ms' = 's'): string | null => {
  if (!/^\d{1,16}$/.test(timestamp)) return 'the timestamp is not a number of digits';
  const off = (Number(timestamp) * (unit === 's' ? 1000 : 1) - now) / 1000;
  if (Math.abs(off) <= toleranceS) return null;
  return `the timestamp is ${Math.round(Math.abs(off))} s ${off < 0 ? 'old' : 'ahead'}, more than ${toleranceS} s`;
};
