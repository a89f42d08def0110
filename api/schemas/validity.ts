import { z } from 'zod';
import { timeframeProblem } from '../../domain/voucher/validity-window.ts';
import { isZone } from '../../domain/calendar.ts';
import { duration, whateverElse } from './fields.ts';

const distinct = (days: number[]): boolean => new Set(days).size === days.length;

const days = z
  .array(z.int().min(0).max(6))
  .min(1)
  .refine(distinct, { error: 'must name each day once' })
  .meta({ description: '0 is Sunday, 6 is Saturday' });

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'must be a time of day, such as 09:00' });

const timeframe = z
  .strictObject({ interval: duration, duration })
  .superRefine(({ interval, duration: lasts }, context) => {
    const problem = timeframeProblem(interval, lasts);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem, path: ['duration'] });
  })
  .meta({ description: 'Valid every interval from start_date on, for the duration: {"interval": "P2D", "duration": "PT1H"}' });

const hours = z.strictObject({
  daily: z
    .array(z.strictObject({ start_time: clock, expiration_time: clock, days_of_week: days.optional() }))
    .min(1)
    .max(50)
    .meta({ description: 'Hours that end before they begin go over midnight' }),
});

const timezone = z.string().min(1).max(64).refine(isZone, { error: 'must be an IANA time zone, such as Europe/Berlin' });

/** When something is valid beside its start and end. */
export const validityFields = {
  validity_timeframe: timeframe.nullish(),
  validity_day_of_week: days.nullish(),
  validity_hours: hours.nullish(),
  timezone: timezone.nullish().meta({ description: "Whose days and hours count; the project's where it is left out" }),
};

type Started = { validity_timeframe?: unknown; start_date?: unknown };

/** A timeframe counts from the start. */
export const startsItsTimeframe = {
  check: ({ validity_timeframe: timeframe, start_date: start }: Started): boolean => timeframe == null || start != null,
  options: { path: ['start_date'], error: 'must be given with validity_timeframe, which counts from it', when: whateverElse },
};

export const validitySchemas = {
  validity_timeframe: z.object({ interval: z.string(), duration: z.string() }).nullable(),
  validity_day_of_week: z.array(z.int()).nullable(),
  validity_hours: z
    .object({
      daily: z.array(z.object({ start_time: z.string(), expiration_time: z.string(), days_of_week: z.array(z.int()).optional() })),
    })
    .nullable(),
  timezone: z.string().nullable(),
};
