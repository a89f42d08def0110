import type postgres from 'postgres';
import type { Db } from '../client.ts';
import { customerColumns, type Customer } from './customers.ts';
import { firstIdAt } from '../ids.ts';
import { direction, toPage, type Page, type PageRequest } from '../paging.ts';

export interface CustomerFilter {
  email?: string;
  name?: string;
  city?: string;
  /** Created after, and before, these times. */
  after?: Date;
  before?: Date;
}

/** As an array, so that they are looked up first: a plan by id would look at all of the project to find the few on its way. */
const withEmail = (db: Db, projectId: string, email: string) =>
  db`array(select id from customer where project_id = ${projectId} and lower(email) = ${email.toLowerCase()})`;

/** How many of one millisecond a page ends with at most. */
const MAX_TIES = 1_000;

/**
 * A page of customers by creation. A cursor that is a time ends no page within a millisecond, since the next page starts after that: such a
 * page may be longer than its limit.
 */
export const listCustomers = async (db: Db, projectId: string, filter: CustomerFilter, request: PageRequest): Promise<Page<Customer>> => {
  const { limit, descending } = request;
  const cursor = request.startingAfter === undefined ? null : cursorOf(request.startingAfter, descending);
  const matches = db`
    project_id = ${projectId}
    ${filter.email === undefined ? db`` : db`and id = any(${withEmail(db, projectId, filter.email)})`}
    ${filter.name === undefined ? db`` : db`and name = ${filter.name}`}
    ${filter.city === undefined ? db`` : db`and address->>'city' = ${filter.city}`}
    ${filter.after === undefined ? db`` : db`and id >= ${firstIdAt('customer', new Date(filter.after.getTime() + 1))}`}
    ${filter.before === undefined ? db`` : db`and id < ${firstIdAt('customer', filter.before)}`}`;
  const select = (bound: postgres.PendingQuery<postgres.Row[]>, count: number, skip: number) => db<Customer[]>`
    select ${customerColumns(db)} from customer where ${matches} ${bound} order by id ${direction(db, descending)} limit ${count} offset ${skip}`;
  const from = cursor === null ? db`` : descending ? db`and id < ${cursor.id}` : db`and id > ${cursor.id}`;
  const skip = cursor === null ? (request.page - 1) * limit : 0;
  const [rows, [totals]] = await Promise.all([
    select(from, limit + 1, skip),
    db<{ total: number }[]>`select count(*) as total from customer where ${matches}`,
  ]);
  const page = toPage(rows, limit, totals?.total ?? 0);
  const last = page.rows.at(-1);
  if (!cursor?.isTime || !page.hasMore || !last) return page;
  const end = firstIdAt('customer', new Date(last.createdAt.getTime() + (descending ? 0 : 1)));
  const ties = await select(descending ? db`and id < ${last.id} and id >= ${end}` : db`and id > ${last.id} and id < ${end}`, MAX_TIES, 0);
  return { ...page, rows: [...page.rows, ...ties] };
};

const cursorOf = (startingAfter: string, descending: boolean): { id: string; isTime: boolean } => {
  const time = /^\d{4}-/.test(startingAfter) ? new Date(startingAfter) : new Date(Number.NaN);
  if (Number.isNaN(time.getTime())) return { id: startingAfter, isTime: false };
  return { id: firstIdAt('customer', descending ? time : new Date(time.getTime() + 1)), isTime: true };
};

/** What shops call these customers, by id. */
export const readSourceIds = async (db: Db, projectId: string, ids: string[]): Promise<Map<string, string>> => {
  if (ids.length === 0) return new Map();
  const rows = await db<{ id: string; sourceId: string }[]>`
    select id, source_id from customer where project_id = ${projectId} and id = any(${ids}::text[])`;
  return new Map(rows.map((row) => [row.id, row.sourceId]));
};

/** Which of these source ids are those of customers. */
export const knownSourceIds = async (db: Db, projectId: string, sourceIds: string[]): Promise<Set<string>> => {
  const rows = await db<{ sourceId: string }[]>`
    select source_id from customer where project_id = ${projectId} and source_id = any(${sourceIds}::text[])`;
  return new Set(rows.map((row) => row.sourceId));
};
