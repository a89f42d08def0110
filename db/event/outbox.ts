import type { Db, Tx } from '../client.ts';
import { PARTITIONS, type EventRow } from './events.ts';

/**
 * Takes partitions of the outbox that have something to route and that no other relay works on; they are given back when the
 * transaction ends, however it ends.
 * @param most how many to take at the most, from a random one on, so that relays share a backlog
 */
export const lockPartitions = async (tx: Tx, most: number, first: number): Promise<number[]> => {
  const rows = await tx<{ id: number }[]>`
    select id from relay_partition p where exists (select from outbox o where o.partition = p.id and o.held_at is null)
    order by (id + ${PARTITIONS} - ${first}) % ${PARTITIONS} limit ${most} for update of p skip locked`;
  return rows.map((row) => row.id);
};

/**
 * Takes the oldest events of these locked partitions out of the outbox, in order. They are gone when the transaction commits,
 * and back when it does not.
 * @param limit at most about so many, shared evenly among the partitions
 */
export const takeEvents = (tx: Tx, partitions: number[], limit: number): Promise<EventRow[]> =>
  tx<EventRow[]>`
    with taken as (
      delete from outbox where ctid = any(array(
        select o.at from unnest(${partitions}::smallint[]) as p (id) cross join lateral (
          select ctid as at from outbox where partition = p.id and held_at is null order by created_at, event_id
          limit ${Math.ceil(limit / partitions.length)}) o
      )) returning project_id, event_id, created_at
    )
    select e.project_id, e.id, e.type, e.customer_id, e.data, e.occurred_at, e.recorded_at
    from taken t join event e on e.project_id = t.project_id and e.id = t.event_id
    order by t.created_at, t.event_id`;

/** Whether so many events wait to be routed. */
export const hasBacklog = async (db: Db, events: number): Promise<boolean> => {
  const [row] = await db<{ full: boolean }[]>`
    select count(*) >= ${events} as full from (select from outbox where held_at is null limit ${events}) o`;
  return row?.full ?? false;
};

/** Lets an event stand aside that cannot be routed, so that it holds up nobody else. */
export const holdEvent = async (db: Db, projectId: string, eventId: string, error: string): Promise<void> => {
  await db`update outbox set error = ${error}, held_at = now() where project_id = ${projectId} and event_id = ${eventId}`;
};

/** Lets events that stand aside be tried again: whatever stopped them may be mended. */
export const releaseHeldEvents = async (db: Db, heldBefore: Date): Promise<number> => {
  const released = await db`update outbox set held_at = null where held_at < ${heldBefore}`;
  return released.count;
};
