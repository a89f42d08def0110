import type { Db, Tx } from './client.ts';
import { recordEvents } from './events.ts';
import { findSegments, segmentColumns, segmentCondition, type Segment } from './segments.ts';

interface Moved {
  segmentId: string;
  customerId: string;
  sourceId: string;
  clockOffsetMs: number;
}

/** Tells of customers who entered or left segments, in the transaction that moves them. */
const tellMoved = async (tx: Tx, type: string, segments: readonly Segment[], moved: readonly Moved[], now: Date): Promise<void> => {
  const byId = new Map(segments.map((segment) => [segment.id, segment]));
  const events = moved.map(({ segmentId, customerId, sourceId, clockOffsetMs }) => {
    const { projectId, id, name } = byId.get(segmentId)!;
    return {
      projectId,
      type,
      customerId,
      data: {
        segment: { id, name, object: 'segment' },
        customer: { id: customerId, source_id: sourceId, object: 'customer' },
      },
      dedupeKey: null,
      occurredAt: new Date(now.getTime() + clockOffsetMs),
    };
  });
  for (let from = 0; from < events.length; from += SET) await recordEvents(tx, events.slice(from, from + SET));
};

const SET = 2_000;

const enter = (tx: Tx, segment: Segment, customerIds: readonly string[], now: Date) => tx<Moved[]>`
  with entered as (
    insert into segment_member (project_id, segment_id, customer_id, entered_at)
    select c.project_id, ${segment.id}, c.id, ${now} from customer c
    where c.project_id = ${segment.projectId} and c.id = any(${customerIds as string[]}::text[]) order by c.id
    on conflict do nothing returning project_id, segment_id, customer_id
  )
  select e.segment_id, e.customer_id, c.source_id, c.clock_offset_ms from entered e
  join customer c on c.project_id = e.project_id and c.id = e.customer_id order by e.customer_id`;

const leave = (tx: Tx, segment: Segment, customerIds: readonly string[]) => tx<Moved[]>`
  with gone as (
    delete from segment_member where project_id = ${segment.projectId} and segment_id = ${segment.id}
      and customer_id = any(${customerIds as string[]}::text[])
    returning project_id, segment_id, customer_id
  )
  select g.segment_id, g.customer_id, c.source_id, c.clock_offset_ms from gone g
  join customer c on c.project_id = g.project_id and c.id = g.customer_id order by g.customer_id`;

/** Puts customers into a static segment; those who are in it already, and those who do not exist, change nothing. */
export const addToSegment = async (tx: Tx, segment: Segment, customerIds: readonly string[], now: Date): Promise<number> => {
  const moved = await enter(tx, segment, customerIds, now);
  await tellMoved(tx, 'customer.segment.entered', [segment], moved, now);
  return moved.length;
};

/** Takes customers out of a static segment. */
export const removeFromSegment = async (tx: Tx, segment: Segment, customerIds: readonly string[], now: Date): Promise<number> => {
  const moved = await leave(tx, segment, customerIds);
  await tellMoved(tx, 'customer.segment.left', [segment], moved, now);
  return moved.length;
};

/** Brings what was told of an auto-update segment up to date for these customers. */
export const refreshMembers = async (tx: Tx, segment: Segment, customerIds: readonly string[], now: Date): Promise<void> => {
  const rows = await tx<{ id: string; isMember: boolean; isTold: boolean }[]>`
    select c.id, ${segmentCondition(tx, segment, now)} as is_member,
      exists (select from segment_member m where m.project_id = c.project_id and m.segment_id = ${segment.id} and m.customer_id = c.id) as is_told
    from customer c where c.project_id = ${segment.projectId} and c.id = any(${customerIds as string[]}::text[])`;
  const entered = rows.filter((row) => row.isMember && !row.isTold).map((row) => row.id);
  const left = rows.filter((row) => !row.isMember && row.isTold).map((row) => row.id);
  if (entered.length > 0) await addToSegment(tx, segment, entered, now);
  if (left.length > 0) await removeFromSegment(tx, segment, left, now);
};

/** The auto-update segments of these projects. */
export const findAutoSegments = (db: Db, projectIds: string[]) => db<Segment[]>`
  select ${segmentColumns(db)} from segment s where s.project_id = any(${projectIds}::text[]) and s.type = 'auto-update' order by s.id`;

/** A page of a segment's members as they are now: ids of customers, in order. */
export const membersOf = async (db: Db, segment: Segment, page: { after: string | null; limit: number }, now: Date): Promise<string[]> => {
  const rows = await db<{ id: string }[]>`
    select c.id from customer c where c.project_id = ${segment.projectId} and c.id > ${page.after ?? ''} and ${segmentCondition(db, segment, now)}
    order by c.id limit ${page.limit}`;
  return rows.map((row) => row.id);
};

export const countMembers = async (db: Db, segment: Segment, now: Date): Promise<number> => {
  const [row] = await db<{ count: number }[]>`
    select count(*) from customer c where c.project_id = ${segment.projectId} and ${segmentCondition(db, segment, now)}`;
  return row?.count ?? 0;
};

/** All segments that a customer is in now, the newest first. */
export const segmentsOfCustomer = async (db: Db, projectId: string, customerId: string, now: Date): Promise<Segment[]> => {
  const all = await db<Segment[]>`select ${segmentColumns(db)} from segment s where s.project_id = ${projectId} order by s.id desc`;
  const inside = await segmentsAmong(db, projectId, all, [customerId], now);
  return all.filter((segment) => inside.get(customerId)?.has(segment.id));
};

/**
 * Which of the segments of these ids or names each customer is in now.
 * @returns for each customer the ids and the names of them
 */
export const segmentsOf = async (
  db: Db,
  projectId: string,
  customerIds: string[],
  idsOrNames: string[],
  now: Date,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  if (customerIds.length === 0 || idsOrNames.length === 0) return new Map();
  return segmentsAmong(db, projectId, await findSegments(db, projectId, idsOrNames), customerIds, now);
};

const segmentsAmong = async (
  db: Db,
  projectId: string,
  segments: readonly Segment[],
  customerIds: string[],
  now: Date,
): Promise<Map<string, Set<string>>> => {
  const found = new Map<string, Set<string>>();
  const [first, ...rest] = segments.map(
    (segment) => db`
      select ${segment.id} as segment_id, c.id as customer_id from customer c
      where c.project_id = ${projectId} and c.id = any(${customerIds}::text[]) and ${segmentCondition(db, segment, now)}`,
  );
  if (!first) return found;
  const query = rest.reduce((all, one) => db`${all} union all ${one}`, first);
  const names = new Map(segments.map((segment) => [segment.id, segment.name]));
  for (const { segmentId, customerId } of await db<{ segmentId: string; customerId: string }[]>`${query}`) {
    const set = found.get(customerId) ?? new Set();
    found.set(customerId, set.add(segmentId).add(names.get(segmentId)!));
  }
  return found;
};
