import { z } from 'zod';
import { durationProblem, isZone, withinDays } from '../calendar.ts';

/** Ids of journeys and steps and names of coupons, usable as names in expressions. They never look like a number, so a map of them keeps its order. */
export const identifier = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9_]*$/, 'must be letters, digits and _, beginning with a letter')
  .max(60);

export const journeyKey = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9_-]*$/, 'must be letters, digits, - and _, beginning with a letter')
  .max(60);

export const duration = z.string({ error: 'must be an ISO 8601 duration such as P3D or PT12H' }).superRefine((text, context) => {
  const problem = durationProblem(text);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

/** How far back something is counted. */
export const windowOfUse = duration.refine(
  (text) => durationProblem(text) !== null || withinDays(text, 366),
  'must be at most a year, since no count reaches further back',
);

export const zone = z.string().refine(isZone, 'is not an IANA time zone such as Europe/Berlin');

/** CEL. Checked with its types when the whole definition is known. */
export const expression = z.preprocess(
  // YAML reads `points: 10` and `when: true` as what they say, and CEL as well.
  (written) => (typeof written === 'number' || typeof written === 'boolean' ? String(written) : written),
  z.string({ error: 'must be an expression, as text such as "event.data.amount > 5000"' }).min(1, 'must not be empty'),
);

export const eventType = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9_.-]*$/, 'must be an event name such as customer.signed_up')
  .max(120);

/** A share in percent, to two digits after the point: a hundredth is one bucket of 10,000. */
export const percent = z
  .number()
  .min(0)
  .max(100)
  .refine((value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-9, 'must have at most two digits after the point');

/** What buckets are drawn with: the same salt gives the same customers the same buckets. */
export const salt = z.string().min(1).max(100);

export const localTimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a local time such as "09:00"');

export const capGroup = z
  .string()
  .regex(/^[a-z][a-z0-9_-]*$/, 'must be the name of a frequency cap')
  .max(60);

export const topic = z
  .string()
  .regex(/^[a-z][a-z0-9_-]*$/, 'must be transactional or the name of a marketing topic')
  .max(60);

export const templateKey = z
  .string()
  .regex(/^[a-z][a-z0-9_-]*$/, 'must be the key of a template')
  .max(60);
