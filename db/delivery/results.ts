import { ANSWERED, type ReadAnswer } from '../../domain/journey/answer.ts';
import type { Sql, Tx } from '../client.ts';
import { type NewEvent, recordEvents } from '../event/events.ts';
import { withRetries } from './retries.ts';

/** How one delivery of a drain ended. `retry`: planned again for `dueAt`; `postponed`: as well, and it was not tried. */
export interface DeliveryResult {
  projectId: string;
  id: string;
  outcome: 'accepted' | 'failed' | 'retry' | 'postponed' | 'unknown' | 'skipped';
  /** What the other side said, or what went wrong on the way. */
  answer: string | null;
  /** The HTTP status that was answered, where there was one. */
  status: number | null;
  /** What a journey waits for: what of the answer can be kept. */
  saved?: ReadAnswer;
  /** Why it failed or was skipped, as a code. */
  reason: string | null;
  dueAt: Date | null;
  finishedAt: Date;
}

interface SettledRow {
  projectId: string;
  id: string;
  kind: 'email' | 'webhook';
  customerId: string | null;
  enrolmentId: string | null;
  state: 'planned' | 'accepted' | 'failed' | 'unknown' | 'skipped';
  reason: string | null;
  attempts: number;
  topic: string | null;
  template: string | null;
  version: number | null;
  clockOffsetMs: number | null;
  finishedAt: Date | null;
  /** The step that waits for the answer, where one does. */
  awaitedStep: string | null;
  awaitedVisit: number | null;
  enrolledCustomerId: string | null;
}

const MAX_ANSWER = 1000;

const settledColumns = (tx: Tx) => tx`
  s.project_id, s.id, s.kind, s.customer_id, s.enrolment_id, s.state, s.reason, s.attempts, s.payload ->> 'topic' as topic,
  s.payload ->> 'template' as template, (s.payload ->> 'version')::int as version, c.clock_offset_ms, s.finished_at,
  s.payload -> 'awaited' ->> 'step' as awaited_step, (s.payload -> 'awaited' ->> 'visit')::int as awaited_visit,
  e.customer_id as enrolled_customer_id`;

const told: Partial<Record<SettledRow['state'], string>> = {
  accepted: 'message.sent',
  failed: 'message.failed',
  unknown: 'message.unknown',
};

/**
 * Records how deliveries ended, with their attempts and events. Only who holds the lease can; one that was given up as unknown meanwhile
 * is put right by what its sender knows.
 */
export const recordResults = async (tx: Tx, lease: string, results: DeliveryResult[]): Promise<void> => {
  const input = results.map((result) => ({
    project_id: result.projectId,
    id: result.id,
    state: result.outcome === 'retry' || result.outcome === 'postponed' ? 'planned' : result.outcome,
    outcome: result.outcome,
    answer: result.answer === null ? null : storable(result.answer).slice(0, MAX_ANSWER),
    status: result.status,
    saved: result.saved === undefined ? null : { status: result.status, ...result.saved },
    reason: result.reason,
    due_at: result.dueAt?.toISOString() ?? null,
    finished_at: result.finishedAt.toISOString(),
  }));
  const settled = await tx<SettledRow[]>`
    with input as (
      select * from jsonb_to_recordset(${tx.json(input as never)}) as t (
        project_id text, id text, state text, outcome text, answer text, status smallint, saved jsonb, reason text,
        due_at timestamptz, finished_at timestamptz)
    ), held as (
      select d.project_id, d.id, d.state = 'planned' as unsent from delivery d join input i using (project_id, id)
      where d.lease = ${lease} and d.state in ('planned', 'sending', 'unknown')
      order by d.id for no key update of d
    ), settled as (
      update delivery d set state = i.state, reason = i.reason, due_at = coalesce(i.due_at, d.due_at), leased_until = null,
        lease = case when i.state = 'planned' then null else d.lease end,
        retries = d.retries + (i.outcome = 'retry')::int, answer = coalesce(i.saved, d.answer),
        finished_at = case when i.state = 'planned' then null else i.finished_at end
      from input i join held h using (project_id, id)
      where d.project_id = i.project_id and d.id = i.id
      returning d.*, i.outcome, i.answer as said, i.status, i.finished_at as attempted_at, h.unsent
    ), attempt as (
      update delivery_attempt a set outcome = s.outcome, answer = s.said, status = s.status, finished_at = s.attempted_at from settled s
      where a.project_id = s.project_id and a.delivery_id = s.id and a.number = s.attempts and not s.unsent
    )
    select ${settledColumns(tx)} from settled s
    left join enrolment e on e.project_id = s.project_id and e.id = s.enrolment_id and s.payload ? 'awaited'
    left join customer c on c.project_id = s.project_id and c.id = coalesce(e.customer_id, s.customer_id)
    order by s.id`;
  await tell(tx, settled);
};

/**
 * Settles what was on the wire when its process died: a webhook is planned again under the same id, a mail is `unknown`, and not sent
 * again without an operator's word.
 * @returns how many
 */
export const sweepLost = async (sql: Sql, destinationId: string, now: Date): Promise<number> =>
  withRetries(() =>
    sql.begin(async (tx) => {
      const settled = await tx<SettledRow[]>`
        with lost as (
          select project_id, id from delivery where destination_id = ${destinationId} and state = 'sending' and leased_until <= ${now}
          order by id limit 1000 for no key update skip locked
        ), settled as (
          update delivery d set
            state = case d.kind when 'email' then 'unknown' else 'planned' end,
            reason = 'process_died',
            lease = case d.kind when 'email' then d.lease end,
            leased_until = null,
            finished_at = case d.kind when 'email' then ${now}::timestamptz end
          from lost where d.project_id = lost.project_id and d.id = lost.id
          returning d.*
        ), attempt as (
          update delivery_attempt a set outcome = 'unknown', answer = 'The process that sent it died.', finished_at = ${now} from settled s
          where a.project_id = s.project_id and a.delivery_id = s.id and a.number = s.attempts
        )
        select ${settledColumns(tx)} from settled s
        left join enrolment e on e.project_id = s.project_id and e.id = s.enrolment_id and s.payload ? 'awaited'
        left join customer c on c.project_id = s.project_id and c.id = coalesce(e.customer_id, s.customer_id)
        order by s.id`;
      await tell(tx, settled);
      return settled.length;
    }),
  );

/** What a journey waits for is told to it, in the time of the customer who is inside. */
const answeredEvents = (rows: SettledRow[]): NewEvent[] =>
  rows.flatMap((row) => {
    if (row.enrolledCustomerId === null || row.finishedAt === null) return [];
    return {
      projectId: row.projectId,
      type: ANSWERED,
      customerId: row.enrolledCustomerId,
      data: { delivery_id: row.id, enrolment_id: row.enrolmentId, step: row.awaitedStep, visit: row.awaitedVisit },
      dedupeKey: `${ANSWERED}:${row.id}:${row.attempts}`,
      occurredAt: new Date(row.finishedAt.getTime() + (row.clockOffsetMs ?? 0)),
    };
  });

/** Mails tell how they ended; a webhook that did would be the cause of another one, so that is told only to a journey that waits for it. */
const tell = async (tx: Tx, rows: SettledRow[]): Promise<void> => {
  const events: NewEvent[] = rows.flatMap((row) => {
    const type = told[row.state];
    if (row.kind !== 'email' || type === undefined || row.finishedAt === null) return [];
    return {
      projectId: row.projectId,
      type,
      customerId: row.customerId,
      data: {
        message_id: row.id,
        enrolment_id: row.enrolmentId,
        topic: row.topic,
        template: row.template,
        version: row.version,
        reason: row.reason,
      },
      dedupeKey: `${type}:${row.id}:${row.attempts}`,
      occurredAt: new Date(row.finishedAt.getTime() + (row.clockOffsetMs ?? 0)),
    };
  });
  await recordEvents(tx, [...events, ...answeredEvents(rows)]);
};

/** Postgres keeps no NUL and no half of a surrogate pair. */
const storable = (text: string): string => text.replaceAll('\u0000', ' ').toWellFormed();
