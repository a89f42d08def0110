import { checkFilter, dependsOnTime, type Filter } from '../../domain/filter/filter.ts';
import { CUSTOMER_FIELDS } from '../../domain/filter/customer-filter.ts';
import type { Db, Tx } from '../client.ts';
import { customerCondition } from '../filter/customer-filter.ts';
import { recordEvents } from '../event/events.ts';
import type { Fragment } from '../filter/condition.ts';
import { idTime, newId } from '../ids.ts';
import { direction, toPage, type Page, type PageRequest } from '../paging.ts';

export interface Segment {
  projectId: string;
  id: string;
  name: string;
  type: 'static' | 'auto-update';
  /** As it was written; null: static. */
  filter: Record<string, unknown> | null;
  sweptTo: string | null;
  sweptAt: Date | null;
  createdAt: Date;
  updatedAt: Date | null;
}

export const segmentColumns = (db: Db) =>
  db`s.project_id, s.id, s.name, s.type, s.filter, s.swept_to, s.swept_at, s.created_at, s.updated_at`;

/** The segment as the API shows it. */
export const segmentView = (segment: Segment) => ({
  id: segment.id,
  name: segment.name,
  type: segment.type,
  filter: segment.filter ?? undefined,
  created_at: segment.createdAt.toISOString(),
  updated_at: segment.updatedAt?.toISOString() ?? null,
  initial_sync_status: segment.sweptTo === null ? ('DONE' as const) : ('IN_PROGRESS' as const),
  object: 'segment' as const,
});

const recordSegmentEvent = (tx: Tx, type: string, segment: Segment, now: Date) =>
  recordEvents(tx, [
    { projectId: segment.projectId, type, customerId: null, data: { segment: segmentView(segment) }, dedupeKey: null, occurredAt: now },
  ]);

/** The filter that finds an auto-update segment's members. It was checked when it was written. */
const filterOf = (segment: Pick<Segment, 'filter'>): Filter => {
  const { filter, problems } = checkFilter(segment.filter, CUSTOMER_FIELDS);
  if (!filter) throw new Error(`a segment's filter cannot be read: ${problems[0]?.message}`);
  return filter;
};

/** Who is in the segment now, to stand after `from customer c where c.project_id = … and`. */
export const segmentCondition = (db: Db, segment: Segment, now: Date): Fragment =>
  segment.type === 'auto-update'
    ? customerCondition(db, filterOf(segment), now)
    : db`exists (select from segment_member m where m.project_id = c.project_id and m.segment_id = ${segment.id} and m.customer_id = c.id)`;

/** By id, else by name. */
export const findSegment = async (db: Db, projectId: string, idOrName: string): Promise<Segment | null> => {
  const [row] = await findSegments(db, projectId, [idOrName]);
  return row ?? null;
};

/** Those of these ids and names that exist. */
export const findSegments = (db: Db, projectId: string, idsOrNames: string[]) => db<Segment[]>`
  select ${segmentColumns(db)} from segment s where s.project_id = ${projectId} and (s.id = any(${idsOrNames}::text[]) or s.name = any(${idsOrNames}::text[]))
  order by s.id = any(${idsOrNames}::text[]) desc, s.id`;

export const lockSegment = async (tx: Tx, projectId: string, id: string): Promise<Segment | null> => {
  const [row] = await tx<Segment[]>`
    select ${segmentColumns(tx)} from segment s where s.project_id = ${projectId} and s.id = ${id} for no key update`;
  return row ?? null;
};

export const listSegments = async (
  db: Db,
  projectId: string,
  { limit, page, descending, startingAfter }: PageRequest,
): Promise<Page<Segment>> => {
  const from = startingAfter === undefined ? db`` : descending ? db`and s.id < ${startingAfter}` : db`and s.id > ${startingAfter}`;
  const skip = startingAfter === undefined ? (page - 1) * limit : 0;
  const [rows, [totals]] = await Promise.all([
    db<Segment[]>`
      select ${segmentColumns(db)} from segment s where s.project_id = ${projectId} ${from}
      order by s.id ${direction(db, descending)} limit ${limit + 1} offset ${skip}`,
    db<{ total: number }[]>`select count(*) as total from segment where project_id = ${projectId}`,
  ]);
  return toPage(rows, limit, totals?.total ?? 0);
};

/** @returns null where the project has a segment of this name */
export const createSegment = async (
  tx: Tx,
  segment: Pick<Segment, 'projectId' | 'name' | 'type' | 'filter'>,
  now: Date,
): Promise<Segment | null> => {
  const id = newId('segment');
  const sweptTo = segment.type === 'auto-update' ? '' : null;
  const row: Segment = { ...segment, id, sweptTo, sweptAt: null, createdAt: idTime(id), updatedAt: null };
  const { count } = await tx`
    insert into segment (project_id, id, name, type, filter, swept_to, created_at)
    values (${row.projectId}, ${id}, ${row.name}, ${row.type}, ${row.filter && tx.json(row.filter as never)}, ${sweptTo}, ${row.createdAt})
    on conflict (project_id, name) do nothing`;
  if (count === 0) return null;
  await recordSegmentEvent(tx, 'segment.created', row, now);
  return row;
};

/** Changes a segment that is locked. Another filter is looked for anew. */
export const updateSegment = async (
  tx: Tx,
  segment: Segment,
  change: Partial<Pick<Segment, 'name' | 'filter'>>,
  now: Date,
): Promise<Segment> => {
  const sweptTo = change.filter ? '' : segment.sweptTo;
  const next: Segment = { ...segment, ...change, sweptTo, updatedAt: now };
  await tx`
    update segment set name = ${next.name}, filter = ${next.filter && tx.json(next.filter as never)}, swept_to = ${sweptTo}, updated_at = ${now}
    where project_id = ${next.projectId} and id = ${next.id}`;
  await recordSegmentEvent(tx, 'segment.updated', next, now);
  return next;
};

export const deleteSegment = async (tx: Tx, segment: Segment, now: Date): Promise<void> => {
  await tx`delete from segment where project_id = ${segment.projectId} and id = ${segment.id}`;
  await recordSegmentEvent(tx, 'segment.deleted', segment, now);
};

/** True where its members change by themselves as time goes by. */
export const changesWithTime = (segment: Segment): boolean => segment.type === 'auto-update' && dependsOnTime(filterOf(segment));
