import type { Db, Tx } from '../client.ts';
import { recordEvents } from '../event/events.ts';
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

/** Whether each of these customers is in the segment otherwise than was told. */
const differing = (tx: Tx, segment: Segment, customerIds: readonly string[], now: Date, locking: boolean) => tx<
  { id: string; isMember: boolean }[]
>`
  select c.id, ${segmentCondition(tx, segment, now)} as is_member from customer c
  where c.project_id = ${segment.projectId} and c.id = any(${customerIds as string[]}::text[])
    and ${segmentCondition(tx, segment, now)} <> exists (
      select from segment_member m where m.project_id = c.project_id and m.segment_id = ${segment.id} and m.customer_id = c.id)
  order by c.id ${locking ? tx`for share of c` : tx``}`;

/** Brings what was told of an auto-update segment up to date for these customers. */
export const refreshMembers = async (tx: Tx, segment: Segment, customerIds: readonly string[], now: Date): Promise<void> => {
  const found = await differing(tx, segment, customerIds, now, false);
  if (found.length === 0) return;
  // Looked at again under a lock, so that nobody is told of what a change that runs has made untrue.
  const ids = found.map((row) => row.id);
  const { true: inside = [], false: outside = [] } = Object.groupBy(await differing(tx, segment, ids, now, true), (row) =>
    String(row.isMember),
  );
  if (inside.length > 0)
    await addToSegment(
      tx,
      segment,
      inside.map((row) => row.id),
      now,
    );
  if (outside.length > 0)
    await removeFromSegment(
      tx,
      segment,
      outside.map((row) => row.id),
      now,
    );
};

const SWEPT_AT_ONCE = 1_000;

/**
 * Brings what was told of a locked auto-update segment up to date for the next set of customers.
 * @returns the segment as it stands then: its `sweptTo` is null once all were looked at
 */
export const sweepOn = async (tx: Tx, segment: Segment, now: Date): Promise<Segment> => {
  const rows = await tx<{ id: string }[]>`
    select id from customer where project_id = ${segment.projectId} and id > ${segment.sweptTo ?? ''} order by id limit ${SWEPT_AT_ONCE}`;
  const ids = rows.map((row) => row.id);
  await refreshMembers(tx, segment, ids, now);
  const sweptTo = ids.length < SWEPT_AT_ONCE ? null : ids.at(-1)!;
  await tx`
    update segment set swept_to = ${sweptTo}, swept_at = ${now} where project_id = ${segment.projectId} and id = ${segment.id}`;
  return { ...segment, sweptTo, sweptAt: now };
};

/** Locks a segment whose sweep has not ended, one that nobody else works on. */
export const lockUnswept = async (tx: Tx): Promise<Segment | null> => {
  const [row] = await tx<Segment[]>`
    select ${segmentColumns(tx)} from segment s where s.swept_to is not null order by s.project_id, s.id limit 1 for no key update skip locked`;
  return row ?? null;
};

/** Has these segments looked through again from the first customer on. */
export const restartSweep = (sql: Db, segments: readonly Pick<Segment, 'projectId' | 'id'>[]) => sql`
  update segment s set swept_to = '' from unnest(${segments.map((each) => each.projectId)}::text[], ${segments.map((each) => each.id)}::text[])
    as i (project_id, id)
  where s.project_id = i.project_id and s.id = i.id and s.swept_to is null`;

/** Auto-update segments that were last looked through before this time. */
export const findSweptBefore = (db: Db, before: Date) => db<Segment[]>`
  select ${segmentColumns(db)} from segment s where s.type = 'auto-update' and s.swept_to is null and s.swept_at < ${before}`;

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
