import { z } from 'zod';
import { later, localTimeIsPast, nextLocalTime, WEEKDAYS } from '../../calendar.ts';
import { duration, eventType, expression, identifier, localTimeOfDay } from '../fields.ts';
import { stepKind } from '../step-kind.ts';

const localTime = z.strictObject({
  at: localTimeOfDay,
  days: z.array(z.enum(WEEKDAYS)).default([]),
  if_past: z.enum(['next', 'now']).default('next'),
});

const awaitedEvent = z.strictObject({
  name: eventType,
  match: expression.optional(),
  /** From when events count: `last`, since the one that the customer's last wait took (or their entry), so that one that came just before counts; or `arrival`. */
  since: z.enum(['last', 'arrival']).default('last'),
});

const fields = z
  .strictObject({
    for: duration.optional(),
    until: expression.optional(),
    local_time: localTime.optional(),
    event: awaitedEvent.optional(),
    timeout: duration.optional(),
    on_event: identifier.optional(),
    on_timeout: identifier.optional(),
  })
  .superRefine((step, context) => {
    const chosen = [step.for, step.until, step.local_time, step.event].filter((each) => each !== undefined);
    if (chosen.length !== 1) context.addIssue({ code: 'custom', message: 'needs exactly one of for, until, local_time and event' });
    if (step.event !== undefined && step.timeout === undefined) {
      context.addIssue({ code: 'custom', path: ['timeout'], message: 'is needed with event, so that nobody waits for ever' });
    }
    if (step.event === undefined) {
      for (const field of ['timeout', 'on_event', 'on_timeout'] as const) {
        if (step[field] !== undefined) context.addIssue({ code: 'custom', path: [field], message: 'goes with event only' });
      }
    }
  });

export type Wait = z.output<typeof fields>;

/** When a customer who comes to a wait now may go on. `until` is what its expression gave. */
export const waitEnd = (step: Wait, now: string, zone: string, until: () => string): string => {
  if (step.for !== undefined) return later(now, step.for, zone);
  if (step.timeout !== undefined) return later(now, step.timeout, zone);
  if (step.local_time !== undefined) {
    const { at, days, if_past } = step.local_time;
    return if_past === 'now' && localTimeIsPast(now, at, days, zone) ? now : nextLocalTime(now, at, days, zone);
  }
  return until();
};

const describe = (step: Wait): string => {
  if (step.for !== undefined) return `wait for ${step.for}`;
  if (step.event !== undefined) return `wait for ${step.event.name}, at most ${step.timeout}`;
  if (step.local_time !== undefined) return `wait until ${step.local_time.at} local time`;
  return 'wait until a moment';
};

export const wait = stepKind<Wait>({
  kind: 'wait',
  activity: 'wait',
  fields,
  describe,
  continues: true,
  // A moment may be past already, and so may today's local time.
  takesTime: (step) => step.until === undefined && step.local_time?.if_past !== 'now',
  targets: (step) => [
    ...(step.on_event === undefined ? [] : [{ path: ['on_event'], step: step.on_event }]),
    ...(step.on_timeout === undefined ? [] : [{ path: ['on_timeout'], step: step.on_timeout }]),
  ],
  expressions: (step) => [
    ...(step.until === undefined ? [] : [{ path: ['until'], source: step.until, expected: 'timestamp' as const }]),
    ...(step.event?.match === undefined
      ? []
      : [{ path: ['event', 'match'], source: step.event.match, expected: 'bool' as const, matches: step.event.name }]),
  ],
  awaits: (step) => step.event?.name ?? null,
});
