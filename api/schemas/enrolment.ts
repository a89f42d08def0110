import { z } from 'zod';
import { durationProblem } from '../../domain/calendar.ts';
import { name } from './fields.ts';
import { count, flag, listOf, paging } from './list.ts';

const detail = z.record(z.string(), z.unknown());

const coupon = z.object({
  id: z.string(),
  code: z.string(),
  expires_at: z.string().nullable(),
  campaign: z.string(),
  discount: z.unknown().optional(),
});

const enrolmentFields = {
  object: z.literal('enrolment'),
  id: z.string(),
  journey: z.object({ id: z.string(), key: z.string(), name: z.string(), version: z.int() }),
  customer: z.object({ id: z.string(), source_id: z.string() }),
  cohort_id: z.string().meta({ description: 'Who entered together; in Temporal, the workflow journey-<cohort_id>' }),
  state: z.enum(['active', 'completed', 'exited', 'held']),
  outcome: z.string().nullable().meta({ description: 'How it ended, or why it is held' }),
  step: z.string().nullable().meta({ description: 'Where the customer stands' }),
  why: z.string().nullable().meta({ description: 'Why they stand there, in words' }),
  next_at: z.string().nullable().meta({ description: 'When it goes on at the latest, in the customer’s time' }),
  coupons: z.record(z.string(), coupon).meta({ description: 'By the name that the step gave them' }),
  answers: z
    .record(z.string(), z.object({ status: z.int(), body: z.unknown(), at: z.string() }))
    .meta({ description: 'What webhooks were answered, by the name of `save_as`' }),
  entered_at: z.string(),
  ended_at: z.string().nullable(),
  held_at: z.string().nullable().meta({ description: 'Since when they are held' }),
  goal_at: z.string().nullable().meta({ description: 'When the goal was reached' }),
  holdout: z.boolean().meta({ description: 'Whether they get nothing, to be compared with' }),
  overdue: z.boolean().meta({ description: 'Whether their time has come and nothing happened' }),
};

export const enrolmentSchema = z.object(enrolmentFields).meta({ id: 'Enrolment' });

const message = z.object({
  id: z.string(),
  to: z.string().nullable(),
  template: z.string().nullable(),
  state: z.string().nullable(),
  reason: z.string().nullable(),
});

const timelineEntry = z
  .object({
    at: z.string().meta({ description: 'In the customer’s time' }),
    step: z.string().meta({ description: 'The step; empty for the entry and the end' }),
    kind: z.string(),
    outcome: z.string(),
    detail,
    message: message.nullable(),
  })
  .meta({ id: 'TimelineEntry' });

export const enrolmentWithTimelineSchema = z
  .object({
    ...enrolmentFields,
    stands_at: z.string().nullable().meta({ description: 'What the step does where the customer stands, in words' }),
    timeline: z.array(timelineEntry),
  })
  .meta({ id: 'EnrolmentWithTimeline' });

export const enrolmentListSchema = listOf('enrolments', enrolmentSchema).meta({ id: 'EnrolmentList' });

export const enrolmentParams = z.object({ id: name });

const filters = {
  state: z.enum(['active', 'completed', 'exited', 'held']).optional(),
  step: name.optional().meta({ description: 'Who stands there' }),
  version: count(1_000_000).optional(),
  overdue: flag.optional().meta({ description: 'Whose time has come and nothing happened' }),
};

export const listEnrolmentsQuery = z.strictObject({ ...paging, ...filters });

export const allEnrolmentsQuery = z.strictObject({
  ...paging,
  ...filters,
  journey: name.optional().meta({ description: 'Id or key' }),
  customer: name.optional().meta({ description: 'Id or source id' }),
});

export const fastForwardBody = z.strictObject({
  duration: z
    .string()
    .max(64)
    .superRefine((text, context) => {
      const problem = durationProblem(text);
      if (problem !== null) context.addIssue({ code: 'custom', message: problem });
    })
    .meta({ description: 'ISO 8601, such as P3D; days are days of the customer’s calendar' }),
});

export const fastForwardSchema = z
  .object({
    object: z.literal('fast_forward'),
    customer: z.object({ id: z.string(), source_id: z.string() }),
    from: z.string(),
    to: z.string(),
    now: z.string(),
    passed: z.array(
      z.object({
        journey: z.string(),
        enrolment_id: z.string(),
        at: z.string(),
        step: z.string(),
        kind: z.string(),
        outcome: z.string(),
        detail,
        message: message.nullable(),
      }),
    ),
    enrolments: z.array(enrolmentSchema),
  })
  .meta({ id: 'FastForward' });
