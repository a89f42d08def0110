import { z } from 'zod';
import { durationProblem, isZone } from '../calendar.ts';

/** Ids of journeys and steps and names of coupons, usable as names in expressions. They never look like a number, so a map of them keeps its order. */
export const identifier = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9_]*$/, 'must be letters, digits and _, beginning with a letter')
  .max(60);

export const journeyKey = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9_-]*$/, 'must be letters, digits, - and _, beginning with a letter')
  .max(60);

export const duration = z.string().superRefine((text, context) => {
  const problem = durationProblem(text);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

export const zone = z.string().refine(isZone, 'is not an IANA time zone such as Europe/Berlin');

/** CEL. Checked with its types when the whole definition is known. */
export const expression = z.string().min(1, 'must not be empty');

export const eventType = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9_.-]*$/, 'must be an event name such as customer.signed_up')
  .max(120);

export const topic = z
  .string()
  .regex(/^[a-z][a-z0-9_-]*$/, 'must be transactional or the name of a marketing topic')
  .max(60);

export const templateKey = z
  .string()
  .regex(/^[a-z][a-z0-9_-]*$/, 'must be the key of a template')
  .max(60);
