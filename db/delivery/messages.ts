import type { Db, Tx } from '../client.ts';
import { wakeDestinations, type EmailPayload } from './deliveries.ts';
import { direction, type Page, type PageRequest, toPage } from '../paging.ts';

type MessageState = 'planned' | 'sending' | 'accepted' | 'failed' | 'unknown' | 'skipped';

/** A mail as people look at it. */
export interface Message {
  projectId: string;
  id: string;
  destinationId: string;
  customerId: string | null;
  enrolmentId: string | null;
  state: MessageState;
  reason: string | null;
  priority: number;
  dueAt: Date;
  attempts: number;
  payload: EmailPayload;
  messageId: string | null;
  createdAt: Date;
  finishedAt: Date | null;
}

export interface MessageAttempt {
  number: number;
  outcome: string;
  answer: string | null;
  startedAt: Date;
  finishedAt: Date | null;
}

export interface MessageFilter {
  customerId?: string;
  enrolmentId?: string;
  state?: MessageState;
}

const columns = (db: Db) => db`
  project_id, id, destination_id, customer_id, enrolment_id, state, reason, priority, due_at, attempts, payload, message_id, created_at, finished_at`;

export const listMessages = async (db: Db, projectId: string, filter: MessageFilter, request: PageRequest): Promise<Page<Message>> => {
  const { limit, page, startingAfter, descending } = request;
  const matches = db`
    project_id = ${projectId} and kind = 'email'
    ${filter.customerId === undefined ? db`` : db`and customer_id = ${filter.customerId}`}
    ${filter.enrolmentId === undefined ? db`` : db`and enrolment_id = ${filter.enrolmentId}`}
    ${filter.state === undefined ? db`` : db`and state = ${filter.state}`}`;
  const from = startingAfter === undefined ? db`` : descending ? db`and id < ${startingAfter}` : db`and id > ${startingAfter}`;
  const skip = startingAfter === undefined ? (page - 1) * limit : 0;
  const [rows, [count]] = await Promise.all([
    db<Message[]>`
      select ${columns(db)} from delivery where ${matches} ${from} order by id ${direction(db, descending)} limit ${limit + 1} offset ${skip}`,
    db<[{ total: number }]>`select count(*) as total from delivery where ${matches}`,
  ]);
  return toPage(rows, limit, count.total);
};

export const findMessage = async (db: Db, projectId: string, id: string): Promise<Message | null> => {
  const [row] = await db<Message[]>`select ${columns(db)} from delivery where project_id = ${projectId} and id = ${id} and kind = 'email'`;
  return row ?? null;
};

export const findAttempts = async (db: Db, { projectId, id }: Message): Promise<MessageAttempt[]> => db<MessageAttempt[]>`
  select number, outcome, answer, started_at, finished_at from delivery_attempt
  where project_id = ${projectId} and delivery_id = ${id} order by number`;

/**
 * Plans a mail again that failed, or of which nobody knows whether it arrived: an operator's word, since it may come twice.
 * @returns null where it is in no such state
 */
export const resendMessage = async (tx: Tx, projectId: string, id: string, now: Date): Promise<Message | null> => {
  const [row] = await tx<Message[]>`
    update delivery set state = 'planned', reason = null, due_at = ${now}, retries = 0, lease = null, leased_until = null, finished_at = null
    where project_id = ${projectId} and id = ${id} and kind = 'email' and state in ('failed', 'unknown')
    returning ${columns(tx)}`;
  if (!row) return null;
  await wakeDestinations(tx, [row.destinationId]);
  return row;
};
