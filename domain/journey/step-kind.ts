import type { z } from 'zod';
import type { Expected } from '../expression.ts';

/** A coupon as a journey remembers it, under the name that `as` gave it. Times are ISO 8601. */
export interface JourneyCoupon {
  id: string;
  code: string;
  expires_at: string | null;
  campaign: string;
  /** What it takes off, for mails. */
  discount?: unknown;
}

/** What a step may know of a customer who comes to it. */
interface Arrival {
  now: string;
  zone: string;
  coupons: Record<string, JourneyCoupon>;
}

/** An expression in a step: where it stands in the step, and what it has to give. */
interface StepExpression {
  path: (string | number)[];
  source: string;
  expected: Expected;
  /** Set for a match of an awaited event: `event` is then that event, and `trigger` the one that enrolled. */
  matches?: string;
}

/**
 * One kind of step: its fields, and what the checks and the engine need to know of them. What it does stands in activities/journey/,
 * in the file of its activity.
 */
export interface StepKind<Fields> {
  /** The name after `do`. */
  kind: string;
  /** The activity that runs it, and the name that Temporal's UI shows. */
  activity: string;
  fields: z.ZodType<Fields>;
  /** What it does, in a few words for timelines and for Temporal's UI. */
  describe: (fields: Fields) => string;
  /** False where it never goes on to `next`. */
  continues: boolean;
  /** Whether time always passes here, so that a loop through it does not spin. */
  takesTime: (fields: Fields) => boolean;
  /** Steps that it names besides `next`. */
  targets?: (fields: Fields) => { path: (string | number)[]; step: string }[];
  expressions?: (fields: Fields) => StepExpression[];
  /** The name that its coupon gets. */
  makes?: (fields: Fields) => string;
  needs?: (fields: Fields) => { campaign?: string; template?: string; coupon?: string };
  /** The event that it waits for. */
  awaits?: (fields: Fields) => string | null;
  /** When a customer who comes now is due; without it at once. */
  due?: (fields: Fields, arrival: Arrival) => string;
}

export interface AnyFields {
  [field: string]: unknown;
}

/** Lets kinds of different fields stand in one list. */
export const stepKind = <Fields>(kind: StepKind<Fields>): StepKind<AnyFields> => kind as unknown as StepKind<AnyFields>;
