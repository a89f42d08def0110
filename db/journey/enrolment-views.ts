import type { EnrolmentContext } from '../../domain/journey/scope.ts';
import type { Db } from '../client.ts';
import type { EnrolmentState } from './enrolments.ts';

/** An enrolment as people look at it. */
export interface EnrolmentRow {
  id: string;
  cohortId: string;
  journeyId: string;
  journeyKey: string;
  journeyName: string;
  journeyState: string;
  version: number;
  customerId: string;
  customerSourceId: string;
  state: EnrolmentState;
  outcome: string | null;
  step: string | null;
  dueAt: Date | null;
  awaiting: string | null;
  awaitedEventId: string | null;
  context: EnrolmentContext;
  enteredAt: Date;
  endedAt: Date | null;
  /** Since when they are held (real time). */
  heldAt: Date | null;
  holdout: boolean;
  goalAt: Date | null;
  /** Whether their time has come and nothing happened. */
  overdue: boolean;
}

export interface EnrolmentFilter {
  id?: string | undefined;
  customerId?: string | undefined;
  journeyId?: string | undefined;
  state?: string | undefined;
  step?: string | undefined;
  version?: number | undefined;
  overdue?: boolean | undefined;
}

export interface Page {
  limit: number;
  page: number;
}

const where = (db: Db, projectId: string, filter: EnrolmentFilter) => db`
  e.project_id = ${projectId}
  ${filter.id === undefined ? db`` : db`and e.id = ${filter.id}`}
  ${filter.customerId === undefined ? db`` : db`and e.customer_id = ${filter.customerId}`}
  ${filter.journeyId === undefined ? db`` : db`and e.journey_id = ${filter.journeyId}`}
  ${filter.state === undefined ? db`` : db`and e.state = ${filter.state}`}
  ${filter.step === undefined ? db`` : db`and e.step = ${filter.step} and e.state in ('active', 'held')`}
  ${filter.version === undefined ? db`` : db`and e.version = ${filter.version}`}
  ${filter.overdue === undefined ? db`` : db`and ${filter.overdue ? db`` : db`not`} ${overdue(db)}`}`;

/** By the customer's clock, and only where the journey runs: then the watch wakes them each minute, so they are not for long. */
const overdue = (db: Db) => db`
  (e.state = 'active' and j.state <> 'paused' and e.due_at is not null
    and e.due_at < now() + c.clock_offset_ms * interval '1 millisecond' - interval '30 seconds')`;

const source = (db: Db) => db`
  enrolment e join journey j on j.project_id = e.project_id and j.id = e.journey_id
  join customer c on c.project_id = e.project_id and c.id = e.customer_id`;

/** The latest first. */
export const listEnrolments = (db: Db, projectId: string, filter: EnrolmentFilter, { limit, page }: Page): Promise<EnrolmentRow[]> =>
  db<EnrolmentRow[]>`
    select e.id, e.cohort_id, e.journey_id, j.key as journey_key, j.name as journey_name, j.state as journey_state, e.version, e.customer_id,
      c.source_id as customer_source_id, e.state, e.outcome, e.step, e.due_at, e.awaiting, e.awaited_event_id, e.context, e.entered_at,
      e.ended_at, e.held_at, e.holdout, e.goal_at, ${overdue(db)} as overdue
    from ${source(db)} where ${where(db, projectId, filter)} order by e.id desc limit ${limit} offset ${(page - 1) * limit}`;

export const countEnrolments = async (db: Db, projectId: string, filter: EnrolmentFilter): Promise<number> => {
  const [row] = await db<{ total: number }[]>`select count(*) as total from ${source(db)} where ${where(db, projectId, filter)}`;
  return row?.total ?? 0;
};

/** A visit of a step, with the message that it planned. */
export interface VisitRow {
  enrolmentId: string;
  journeyKey: string;
  step: string;
  visit: number;
  kind: string;
  outcome: string;
  detail: Record<string, unknown>;
  /** In the customer's time. */
  at: Date;
  messageId: string | null;
  messageState: string | null;
  messageReason: string | null;
  messageTo: string | null;
  messageTemplate: string | null;
}

const visits = (db: Db) => db`
  select s.enrolment_id, j.key as journey_key, s.step, s.visit, s.kind, s.outcome, s.detail, s.at, d.id as message_id, d.state as message_state,
    d.reason as message_reason, d.payload ->> 'to' as message_to, d.payload ->> 'template' as message_template
  from enrolment_step s join enrolment e on e.project_id = s.project_id and e.id = s.enrolment_id
  join journey j on j.project_id = e.project_id and j.id = e.journey_id
  left join delivery d on d.project_id = s.project_id and d.dedupe_key = s.enrolment_id || ':' || s.step || ':' || s.visit || ':email'`;

/** What happened in one enrolment, in order. */
export const listVisits = (db: Db, projectId: string, enrolmentId: string): Promise<VisitRow[]> =>
  db<VisitRow[]>`
    ${visits(db)} where s.project_id = ${projectId} and s.enrolment_id = ${enrolmentId} order by s.at, s.recorded_at`;

/** What happened in all of a customer's enrolments since a moment (real time). */
export const listVisitsSince = (db: Db, projectId: string, customerId: string, since: Date): Promise<VisitRow[]> =>
  db<VisitRow[]>`
    ${visits(db)} where s.project_id = ${projectId} and e.customer_id = ${customerId} and s.recorded_at >= ${since} order by s.at, s.recorded_at`;

/** The enrolments of a customer that ended since a moment in their own time. */
export const listEndedSince = (db: Db, projectId: string, customerId: string, since: Date): Promise<EnrolmentRow[]> =>
  db<EnrolmentRow[]>`
    select e.id, j.key as journey_key, e.state, e.outcome, e.ended_at from enrolment e
    join journey j on j.project_id = e.project_id and j.id = e.journey_id
    where e.project_id = ${projectId} and e.customer_id = ${customerId} and e.ended_at >= ${since} order by e.ended_at, e.id`;
