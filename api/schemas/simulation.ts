import { z } from 'zod';
import { BOUNDS } from '../../activities/simulation/input.ts';
import { durationProblem } from '../../domain/calendar.ts';
import { customerInput } from './customer.ts';
import { name, time } from './fields.ts';
import { definitionBody } from './journey.ts';
import { orderInput } from './order.ts';

const duration = z
  .string()
  .max(64)
  .superRefine((text, context) => {
    const problem = durationProblem(text);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  });

const offset = z.union([z.literal('PT0S'), duration]).meta({ description: 'ISO 8601, from the start on, such as P3D; PT0S is the start' });

const amount = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

const scripted = z.strictObject({
  after: offset,
  event: z.string().min(1).max(120).meta({
    description: 'coupon.redeemed redeems a coupon, customer.unsubscribed unsubscribes; any other event is told as a source would',
  }),
  data: z.record(z.string(), z.unknown()).default({}).meta({ description: 'What the event carries' }),
  coupon: name
    .optional()
    .meta({ description: 'With coupon.redeemed: the name of the coupon in the journey; without it, the last one issued' }),
  order: orderInput.optional().meta({ description: 'With coupon.redeemed: what is bought; without it, an order of 10000' }),
  percent: z.number().min(0).max(100).default(100).meta({ description: 'Of a crowd: to how many of it this happens' }),
});

const answer = z.strictObject({
  after: offset.default('PT0S').meta({ description: 'ISO 8601, from the post on; at once, where it is left out' }),
  status: z.int().min(100).max(599).default(200).meta({ description: 'Of HTTP; what is no 2xx is the last word of the endpoint' }),
  body: z.unknown().optional().meta({ description: 'JSON; without it the endpoint answers nothing that a step can save' }),
});

const fields = {
  customer: customerInput
    .optional()
    .meta({ description: 'A customer who is known, by id or source_id alone; with more fields, one who is made up' }),
  customers: z
    .int()
    .min(1)
    .max(BOUNDS.customers)
    .optional()
    .meta({ description: 'So many made-up customers at once, all like `customer`' }),
  start: time.optional().meta({ description: 'When it begins; now, where it is left out' }),
  horizon: duration.default('P1Y').meta({ description: 'How long it goes on at most' }),
  data: z.record(z.string(), z.unknown()).default({}).meta({ description: 'What the event that lets customers in carries' }),
  events: z.array(scripted).max(BOUNDS.script).default([]).meta({ description: 'What happens meanwhile' }),
  answers: z
    .record(z.string(), answer)
    .default({})
    .meta({ description: 'What endpoints answer to steps that wait for it, by the name of `save_as`; what is not here is not answered' }),
  order_amount: amount.optional().meta({ description: 'What an order may cost at most, in minor units, to say what coupons can cost' }),
};

export const simulateBody = z.strictObject({
  version: z
    .int()
    .min(1)
    .optional()
    .meta({ description: 'Without it, the version that new customers enter; of a journey that was never published, its draft' }),
  draft: z.boolean().default(false).meta({ description: 'The draft instead' }),
  ...fields,
});

export const simulateDefinitionBody = z.strictObject({
  definition: z.union([definitionBody, z.string().min(1)]).meta({ description: 'JSON, or YAML as text' }),
  ...fields,
});

const message = z
  .object({
    kind: z.enum(['email', 'webhook']),
    to: z.string().nullable(),
    state: z.enum(['sent', 'skipped', 'failed']),
    reason: z.string().nullable(),
    template: z.string().nullable(),
    version: z.int().nullable(),
    subject: z.string().nullable(),
    html: z.string().nullable(),
    text: z.string().nullable(),
    body: z.unknown(),
  })
  .meta({ id: 'SimulatedMessage' });

const journey = z.object({ key: z.string(), name: z.string(), version: z.int().nullable() });
const money = z.object({ amount: z.int(), currency: z.string() });
const counts = z.record(z.string(), z.int());
const bounds = {
  steps_run: z.int(),
  stopped: z.string().nullable().meta({ description: 'Why it ended before everybody came to an end' }),
};

const storySchema = z
  .object({
    object: z.literal('simulation'),
    journey,
    start: z.string(),
    end: z.string(),
    customer: z.object({ source_id: z.string(), name: z.string().nullable(), email: z.string().nullable() }),
    entered: z.boolean(),
    why: z.string().nullable().meta({ description: 'Why they did not enter' }),
    state: z.string().nullable(),
    outcome: z.string().nullable(),
    step: z.string().nullable(),
    goal_at: z.string().nullable(),
    coupons: z.record(z.string(), z.unknown()),
    timeline: z.array(
      z.object({
        at: z.string(),
        day: z.int().meta({ description: 'Days since the start' }),
        kind: z.string().meta({ description: 'entry, event, message, end, or the kind of the step' }),
        step: z.string(),
        outcome: z.string(),
        detail: z.record(z.string(), z.unknown()),
        message: message.nullable(),
      }),
    ),
    ...bounds,
  })
  .meta({ id: 'Simulation' });

const crowdSchema = z
  .object({
    object: z.literal('simulation_crowd'),
    journey,
    start: z.string(),
    end: z.string(),
    customers: z.int(),
    entered: z.int(),
    held_out: z.int(),
    reached_goal: z.int(),
    outcomes: counts,
    steps: z.array(
      z.object({
        step: z.string(),
        kind: z.string(),
        reached: z.int().meta({ description: 'How many came to it' }),
        outcomes: counts,
        standing: z.int().meta({ description: 'How many still stand there at the end' }),
      }),
    ),
    messages: z.object({ sent: z.int(), skipped: counts, waiting: z.int() }),
    coupons: z.array(
      z.object({
        campaign: z.string(),
        issued: z.int(),
        redeemed: z.int(),
        cost_at_most: money.nullable(),
        why: z.string().nullable().meta({ description: 'Why nobody can say what they cost at most' }),
      }),
    ),
    cost_at_most: money.nullable(),
    ...bounds,
  })
  .meta({ id: 'CrowdSimulation' });

export const simulationSchema = z.union([storySchema, crowdSchema]);
