import type { Db } from '../client.ts';

export const DEAD_LETTER_KINDS = [
  'held_enrolment',
  'overdue_enrolment',
  'message',
  'webhook_delivery',
  'inbound_event',
  'event',
  'referee_reward',
] as const;
export type DeadLetterKind = (typeof DEAD_LETTER_KINDS)[number];

/** Something that stands still until somebody looks at it. */
export interface DeadLetter {
  kind: DeadLetterKind;
  id: string;
  /** How it stands: held, overdue, failed, unknown, unmapped. */
  state: string;
  cause: string | null;
  /** Real time. */
  since: Date;
  customerId: string | null;
  journeyId: string | null;
  enrolmentId: string | null;
  /** What it is about: a step, a template, an endpoint, a source, an event type or a campaign. */
  subject: string | null;
}

/** How long after its time somebody counts as stuck, with a watch that wakes them each minute. */
const STUCK = '5 minutes';

const deliveries = (db: Db, projectId: string, kind: 'email' | 'webhook'): ReturnType<Db> => db`
  select d.id, d.state, coalesce(d.reason, '') || coalesce(': ' || (
      select a.answer from delivery_attempt a where a.project_id = d.project_id and a.delivery_id = d.id order by a.number desc limit 1), ''),
    coalesce(d.finished_at, d.created_at), d.customer_id, null::text, d.enrolment_id, coalesce(d.payload ->> 'template', d.payload ->> 'type')
  from delivery d where d.project_id = ${projectId} and d.state in ('failed', 'unknown') and d.kind = ${kind}`;

/** Of each kind: id, state, cause, since, customer, journey, enrolment, subject. */
const parts: Record<DeadLetterKind, (db: Db, projectId: string) => ReturnType<Db>> = {
  held_enrolment: (db, projectId) => db`
    select id, state, outcome, coalesce(held_at, entered_at), customer_id, journey_id, id, step
    from enrolment where project_id = ${projectId} and state = 'held'`,
  overdue_enrolment: (db, projectId) => db`
    select e.id, 'overdue', 'its time has come and nothing happened: does a worker run, and Temporal?',
      e.due_at - c.clock_offset_ms * interval '1 millisecond', e.customer_id, e.journey_id, e.id, e.step
    from cohort h join journey j on j.project_id = h.project_id and j.id = h.journey_id and j.state <> 'paused'
    join enrolment e on e.cohort_id = h.id
    join customer c on c.project_id = e.project_id and c.id = e.customer_id
    where h.project_id = ${projectId} and e.state = 'active'
      and h.due_at < now() - ${STUCK}::interval + interval '1 millisecond' * (
        select coalesce(max(clock_offset_ms), 0) from customer where project_id = ${projectId} and clock_offset_ms > 0)
      and e.due_at < now() + c.clock_offset_ms * interval '1 millisecond' - ${STUCK}::interval`,
  message: (db, projectId) => deliveries(db, projectId, 'email'),
  webhook_delivery: (db, projectId) => deliveries(db, projectId, 'webhook'),
  inbound_event: (db, projectId) => db`
    select id, status, error, received_at, null::text, null::text, null::text, source_id
    from inbound_event where project_id = ${projectId} and status = 'unmapped'`,
  event: (db, projectId) => db`
    select o.event_id, 'held', o.error, o.held_at, o.customer_id, null::text, null::text, e.type
    from outbox o join event e on e.project_id = o.project_id and e.id = o.event_id where o.project_id = ${projectId} and o.held_at is not null`,
  referee_reward: (db, projectId) => db`
    select id, 'failed', referee_reward ->> 'reason', coalesce(reward_tried_at, created_at), referee_id, null::text, null::text,
      referee_reward ->> 'campaign'
    from referral r where project_id = ${projectId} and referee_reward ->> 'result' = 'FAILURE' and reward_due_at is null
      and exists (select from customer c where c.project_id = r.project_id and c.id = r.referee_id)`,
};

/** The latest first, of one kind or of all. @returns one more than `limit` where there are more */
export const listDeadLetters = (
  db: Db,
  projectId: string,
  kinds: readonly DeadLetterKind[],
  { limit, offset }: { limit: number; offset: number },
): Promise<DeadLetter[]> => {
  const most = offset + limit + 1;
  const chosen = kinds.map(
    (kind) => db`
      (select ${kind} as kind, p.* from (${parts[kind](db, projectId)}) as p (id, state, cause, since, customer_id, journey_id, enrolment_id, subject)
      order by since desc, id limit ${most})`,
  );
  const all = chosen.reduce((before, part) => db`${before} union all ${part}`);
  return db<DeadLetter[]>`select * from (${all}) as letters order by since desc, id limit ${limit + 1} offset ${offset}`;
};

/** How many there are of each kind. */
export const countDeadLetters = async (db: Db, projectId: string): Promise<Record<DeadLetterKind, number>> => {
  const counts = await Promise.all(
    DEAD_LETTER_KINDS.map(async (kind) => {
      const [row] = await db<{ count: number }[]>`select count(*)::int as count from (${parts[kind](db, projectId)}) as p`;
      return [kind, row?.count ?? 0] as const;
    }),
  );
  return Object.fromEntries(counts) as Record<DeadLetterKind, number>;
};
