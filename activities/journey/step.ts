import type { JourneyVersion } from '../../db/journey/versions.ts';
import type { CohortRow } from '../../db/journey/cohorts.ts';
import type { Enrolment } from '../../db/journey/enrolments.ts';
import type { Project } from '../../db/project/projects.ts';
import type { Tx } from '../../db/client.ts';
import type { CompiledStep } from '../../domain/journey/compile.ts';
import type { JourneyAnswer } from '../../domain/journey/answer.ts';
import type { JourneyCoupon } from '../../domain/journey/step-kind.ts';
import type { Standing } from '../../domain/journey/scope.ts';

/** What the workflow asks of a step's activity. `now` is ISO 8601, in the customers' time. */
export interface StepInput {
  cohortId: string;
  step: string;
  now: string;
}

/** Members of a cohort who stand at one step, as the workflow keeps them. */
export interface Group {
  step: string;
  /** The activity of the step's kind. */
  activity: string;
  /** What the step does, in words. */
  summary: string;
  /** When the first of them is due, in the customers' time; null while the journey is paused. */
  dueAt: string | null;
  members: number;
}

export interface StepResult {
  /** How many were taken on. */
  taken: number;
  /** Where everyone in the cohort stands afterwards. */
  groups: Group[];
}

/** A member who is due at the step, with what expressions and mails may know of them. */
export interface Member {
  enrolment: Enrolment;
  standing: Standing;
  zone: string;
  unsubscribed: boolean;
}

export interface StepWork {
  tx: Tx;
  project: Project;
  cohort: CohortRow;
  journey: JourneyVersion;
  step: CompiledStep;
  members: Member[];
  now: string;
}

/** What a step did for one member. */
export type Outcome =
  /** On to `next`, or to the step's own where it is left out; null ends the journey. */
  | {
      to: 'go';
      outcome: string;
      next?: string | null;
      detail?: Record<string, unknown>;
      /** What later steps may ask for as `steps.<id>`, besides outcome and detail. */
      result?: Record<string, unknown>;
      coupon?: { as: string; coupon: JourneyCoupon };
      /** What a webhook was answered. */
      answer?: { as: string; answer: JourneyAnswer };
      /** The event that a wait took: the next wait counts from there. */
      cursor?: { at: string; id: string };
    }
  /** Not yet: to come back then. An armed wait also goes on when its event comes; `since` is when it began, where that was not now. */
  | { to: 'stay'; dueAt: string; armed?: { awaiting: string | null; since?: string } }
  /** Out of the journey. */
  | { to: 'leave'; outcome: string; detail?: Record<string, unknown> }
  /** Could not be done for this member; the step's `on_error` says what then. */
  | { to: 'fail'; error: string };

/** Does a step for all its members, in the transaction given. One outcome for each member, in their order. */
export type StepFunction = (work: StepWork) => Promise<Outcome[]>;
