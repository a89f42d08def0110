import type { Db, Tx } from '../client.ts';
import { enrolmentColumns, type Enrolment } from './enrolments.ts';
import type { EventRow } from '../event/events.ts';

/** Whom an operation is for. Those who have left are never among them. */
export interface OperationFilter {
  ids?: string[] | undefined;
  journeyId?: string | undefined;
  customerId?: string | undefined;
  state?: 'active' | 'held' | undefined;
  step?: string | undefined;
  version?: number | undefined;
  /** Held for a reason that contains this. */
  cause?: string | undefined;
}

/** An enrolment that is operated on, with its customer's clock. */
export interface Operated extends Enrolment {
  clockOffsetMs: number;
}

const matches = (db: Db, projectId: string, filter: OperationFilter) => db`
  e.project_id = ${projectId} and e.state in ('active', 'held')
  ${filter.ids === undefined ? db`` : db`and e.id = any(${filter.ids}::text[])`}
  ${filter.journeyId === undefined ? db`` : db`and e.journey_id = ${filter.journeyId}`}
  ${filter.customerId === undefined ? db`` : db`and e.customer_id = ${filter.customerId}`}
  ${filter.state === undefined ? db`` : db`and e.state = ${filter.state}`}
  ${filter.step === undefined ? db`` : db`and e.step = ${filter.step}`}
  ${filter.version === undefined ? db`` : db`and e.version = ${filter.version}`}
  ${filter.cause === undefined ? db`` : db`and e.state = 'held' and position(lower(${filter.cause}) in lower(e.outcome)) > 0`}`;

/** Locks those whom an operation is for, as steps and the relay lock them: in the order of their ids. */
export const lockOperated = (tx: Tx, projectId: string, filter: OperationFilter, limit: number): Promise<Operated[]> =>
  tx<Operated[]>`
    select ${enrolmentColumns(tx)}, c.clock_offset_ms from enrolment e
    join customer c on c.project_id = e.project_id and c.id = e.customer_id
    where ${matches(tx, projectId, filter)} order by e.project_id, e.id limit ${limit} for no key update of e`;

export const countOperated = async (db: Db, projectId: string, filter: OperationFilter): Promise<number> => {
  const [row] = await db<{ total: number }[]>`select count(*) as total from enrolment e where ${matches(db, projectId, filter)}`;
  return row?.total ?? 0;
};

/** What people did to an enrolment, in order. */
export const listOperations = (db: Db, projectId: string, customerId: string, enrolmentId: string): Promise<EventRow[]> =>
  db<EventRow[]>`
    select project_id, id, type, customer_id, data, occurred_at, recorded_at from event
    where project_id = ${projectId} and customer_id = ${customerId} and type in ('journey.moved', 'journey.held', 'journey.released')
      and data ->> 'enrolment_id' = ${enrolmentId} order by occurred_at, id`;
