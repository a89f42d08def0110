import type { z } from 'zod';
import type { Expected } from '../expression.ts';
import type { AwaitedBy } from './answer.ts';
import type { JourneyEvent } from './scope.ts';

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
  /** When they came into the journey. */
  enteredAt: string;
  zone: string;
  coupons: Record<string, JourneyCoupon>;
}

/** An expression in a step: where it stands in the step, and what it has to give. */
export interface StepExpression {
  path: (string | number)[];
  source: string;
  expected: Expected;
  /** Set for a match of an awaited event: `event` is then that event, and `trigger` the one that enrolled. */
  matches?: string;
}

/** A step that a step names besides `next`. */
export interface StepTarget {
  path: (string | number)[];
  step: string;
}

/** Something of the project that a step names: publishing checks that it exists, and a template is pinned. */
export interface Reference {
  what: 'campaign' | 'template' | 'segment' | 'endpoint' | 'frequency_cap';
  /** Its key, id or name. */
  name: string;
  /** Where it stands in the step. */
  path: (string | number)[];
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
  targets?: (fields: Fields) => StepTarget[];
  expressions?: (fields: Fields) => StepExpression[];
  /** The name that its coupon gets. */
  makes?: (fields: Fields) => string;
  /** The name that what it was answered gets; null where it waits for no answer. */
  saves?: (fields: Fields) => string | null;
  needs?: (fields: Fields) => { campaign?: string; template?: string; coupon?: string };
  /** Whether its customers get something, so that it is passed over for those who are held out. */
  gives?: true;
  /** Whether it writes customers, whose rows are then locked before their enrolments. */
  changesCustomers?: true;
  /** Whether it holds customers out without naming where they go. */
  holdsOut?: (fields: Fields) => boolean;
  /** What of the project it names; without it, the campaign and the template that it needs. */
  references?: (fields: Fields) => Reference[];
  /** The event that it waits for. */
  awaits?: (fields: Fields) => string | null;
  /** Set where that event is about one visit of the step, and not about the customer: whether it is about this one. */
  isAwaited?: (event: JourneyEvent, visit: AwaitedBy) => boolean;
  /** When a customer who comes now is due; without it at once. */
  due?: (fields: Fields, arrival: Arrival) => string;
}

export interface AnyFields {
  [field: string]: unknown;
}

/** What of the project a step names. */
export const referencesOf = (kind: StepKind<AnyFields>, fields: AnyFields): Reference[] => {
  if (kind.references !== undefined) return kind.references(fields);
  const needs = kind.needs?.(fields) ?? {};
  return (['campaign', 'template'] as const).flatMap((what) => {
    const name = needs[what];
    return name === undefined ? [] : [{ what, name, path: [what] }];
  });
};

/** Lets kinds of different fields stand in one list. */
export const stepKind = <Fields>(kind: StepKind<Fields>): StepKind<AnyFields> => kind as unknown as StepKind<AnyFields>;
