const LEAST_MS = 1_000;
const MOST_MS = 3_600_000;
/** IMF-fixdate (RFC 9110), the only form of a date that senders may write; what Date.parse takes besides would be a guess. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * What a Retry-After header asks for, between a second and an hour: one that says a year would end deliveries.
 * @param now milliseconds since 1970
 * @returns milliseconds, or null where it makes no sense
 */
export const retryAfter = (header: string | undefined, now: number): number | null => {
  const text = header?.trim() ?? '';
  const clamp = (ms: number): number => Math.min(Math.max(ms, LEAST_MS), MOST_MS);
  if (/^\d{1,12}$/.test(text)) return clamp(Number(text) * 1000);
  if (!HTTP_DATE.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : clamp(at - now);
};
