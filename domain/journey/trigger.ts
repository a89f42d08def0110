import { z } from 'zod';
import { cronProblem } from '../cron.ts';
import { CUSTOMER_FIELDS } from '../filter/customer-filter.ts';
import { didYouMean } from '../suggestion.ts';
import { checkFilter } from '../filter/filter.ts';
import { duration, eventType, expression, zone } from './fields.ts';

const reentry = z.string().regex(/^(never|per_key|after\([^()]+\))$/, {
  error: ({ input }) => `must be never, per_key or after(P180D)${didYouMean(String(input), ['never', 'per_key'])}`,
});

/** Who is meant by a launch: the members of a segment, customers by id or source id, or those for whom a segment's filter holds. */
export const audience = z
  .strictObject({
    segment: z.string().min(1).max(200).optional(),
    customers: z.array(z.string().min(1).max(200)).min(1).max(10_000).optional(),
    query: z.record(z.string(), z.unknown()).optional(),
  })
  .superRefine((given, context) => {
    if (Object.values(given).filter((each) => each !== undefined).length !== 1) {
      context.addIssue({ code: 'custom', message: 'needs exactly one of segment, customers and query' });
    }
    if (given.query === undefined) return;
    for (const { path, message } of checkFilter(given.query, CUSTOMER_FIELDS, '').problems) {
      const field = path.replace(/^\./, '');
      context.addIssue({ code: 'custom', path: ['query'], message: field === '' ? message : `${field} ${message}` });
    }
  });

export type Audience = z.output<typeof audience>;

const schedule = z.strictObject({
  cron: z.string().superRefine((text, context) => {
    const problem = cronProblem(text);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  }),
  /** Without it, UTC. */
  timezone: zone.optional(),
  audience,
});

const manual = z.union([z.literal(true), z.strictObject({ audience })]);

const WAYS = ['event', 'segment', 'schedule', 'manual'] as const;

/** How customers come in. */
export const trigger = z
  .strictObject({
    event: eventType.optional(),
    segment: z.string().min(1).max(200).optional(),
    schedule: schedule.optional(),
    manual: manual.optional(),
    filter: expression.optional(),
    entry_key: expression.optional(),
    reentry: reentry.default('never'),
    concurrency: z.int().min(1).max(100).optional(),
  })
  .superRefine((given, context) => {
    if (WAYS.filter((way) => given[way] !== undefined).length !== 1) {
      context.addIssue({ code: 'custom', message: 'needs exactly one of event, segment, schedule and manual' });
    }
    const pause = /^after\((.*)\)$/.exec(given.reentry)?.[1];
    const wrong = pause === undefined ? undefined : duration.safeParse(pause).error?.issues[0]?.message;
    if (wrong !== undefined) context.addIssue({ code: 'custom', path: ['reentry'], message: wrong });
  });

export type Trigger = z.output<typeof trigger>;

/** What a customer's enrolment by a launch has as its event. */
export const LAUNCHED = 'journey.launched';
const SEGMENT_ENTERED = 'customer.segment.entered';

/** The type of the event that lets customers in. */
export const triggerEvent = (given: Trigger): string => given.event ?? (given.segment === undefined ? LAUNCHED : SEGMENT_ENTERED);

/** How often a customer may be inside at the same time. Where each key enters once, two keys at a time are two entries. */
export const concurrencyOf = (given: Trigger): number => given.concurrency ?? (given.reentry === 'per_key' ? Infinity : 1);
