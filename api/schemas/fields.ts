import { z } from 'zod';
import { codeProblem, MAX_CODE_LENGTH } from '../../domain/voucher/code-pattern.ts';

/** Fields that several resources have. Everything but metadata is bounded, so that a row stays a row. */

export const text = (max = 255) => z.string().max(max);

const EARLIEST = Date.parse('0001-01-01T00:00:00Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');
const TIME_MESSAGE = 'must be an ISO 8601 date or time with its offset, such as 2026-01-31 or 2026-01-31T12:00:00Z';

/** A date (its start, in UTC) or a time. */
export const time = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], { error: TIME_MESSAGE })
  .refine((value) => Date.parse(value) >= EARLIEST && Date.parse(value) <= LATEST, {
    error: 'must be a time from the year 1 to the year 9999',
  })
  .transform((value) => new Date(value));

/** YYYY-MM-DD */
export const day = z.iso.date().refine((value) => Date.parse(value) >= EARLIEST, { error: 'must be a day from the year 1 on' });

/** Minor units of the currency. */
export const amount = z.int().nonnegative().meta({ description: 'Minor units of the currency' });

/** What comes, or goes where it is negative: of credits in minor units, or points. */
export const change = z
  .int()
  .min(-Number.MAX_SAFE_INTEGER)
  .max(Number.MAX_SAFE_INTEGER)
  .refine((value) => value !== 0, { error: 'must not be 0' });

const numbersKeepTheirValue = (value: unknown): boolean => {
  if (typeof value === 'number') return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  return typeof value !== 'object' || value === null || Object.values(value).every(numbersKeepTheirValue);
};

/** Any JSON by name, as long as it comes back as it was sent. */
export const metadata = z
  .record(z.string().min(1).max(255), z.unknown())
  .refine(numbersKeepTheirValue, { error: 'must hold no whole number beyond 2^53 and none that is infinite: send it as a text' });

const ISO_DURATION = /^P(?!$)(\d{1,5}W|(\d{1,5}Y)?(\d{1,5}M)?(\d{1,5}D)?(T(?=\d)(\d{1,5}H)?(\d{1,5}M)?(\d{1,5}S)?)?)$/;

/** ISO 8601, such as P14D. */
export const duration = z.string().regex(ISO_DURATION, { error: 'must be an ISO 8601 duration, such as P14D', abort: true });

export const code = z
  .string()
  .min(1)
  .max(MAX_CODE_LENGTH)
  .superRefine((value, context) => {
    const problem = codeProblem(value);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  });

/** A part of a path that names something. */
export const name = z.string().min(1).max(255);

type Dated = { start_date?: unknown; expiration_date?: unknown };

/** Checked whatever else is wrong with an object, so that one answer names it all; what is no object has no fields to check. */
export const whateverElse = ({ value }: { value: unknown }): boolean => typeof value === 'object' && value !== null;

export const endsAfterItStarts = {
  check: ({ start_date, expiration_date }: Dated): boolean =>
    !(start_date instanceof Date && expiration_date instanceof Date) || start_date.getTime() < expiration_date.getTime(),
  options: { path: ['expiration_date'], error: 'must be after start_date', when: whateverElse },
};
