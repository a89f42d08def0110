import type { Db, Tx } from '../client.ts';
import { newId } from '../ids.ts';

export type InboundStatus = 'received' | 'mapped' | 'ignored' | 'unmapped';

/** A post of a source, as it came. */
export interface InboundEvent {
  projectId: string;
  id: string;
  sourceId: string;
  providerEventId: string;
  headers: Record<string, string>;
  body: Buffer;
  status: InboundStatus;
  /** Why it could not be mapped, or was passed over. */
  error: string | null;
  receivedAt: Date;
  mappedAt: Date | null;
}

export interface NewInboundEvent {
  sourceId: string;
  /** The revision of the source whose secret proved the post. */
  sourceRevision: number;
  providerEventId: string;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** Stored, or known already; `stale` where the source has changed since it proved the post, so that it must be proved again. */
export type Stored = { id: string; duplicate: boolean } | 'stale';

const columns = (db: Db) => db`project_id, id, source_id, provider_event_id, headers, body, status, error, received_at, mapped_at`;

/** Posts as a table `i`, of those sources that are active and still what they were when they proved them. The driver sends no arrays of bytes, so bodies go as text. */
const standing = (db: Db, posts: (NewInboundEvent & { id: string })[]) => db`
  unnest(${posts.map((post) => post.id)}::text[], ${posts.map((post) => post.sourceId)}::text[],
    ${posts.map((post) => post.sourceRevision)}::integer[], ${posts.map((post) => post.providerEventId)}::text[],
    ${posts.map((post) => JSON.stringify(post.headers))}::text[], ${posts.map((post) => Buffer.from(post.body).toString('base64'))}::text[])
    as i (id, source_id, revision, provider_event_id, headers, body)
  join source s on s.id = i.source_id and s.revision = i.revision and s.active`;

/**
 * Stores posts, all in one statement. Several at once that carry the same provider's id become one row.
 * @returns one outcome for each, in the order given
 */
export const storeInboundEvents = async (db: Db, posts: NewInboundEvent[]): Promise<Stored[]> => {
  const rows = posts.map((post) => ({ ...post, id: newId('inboundEvent') }));
  const inserted = await db<{ id: string }[]>`
    insert into inbound_event (project_id, id, source_id, provider_event_id, headers, body)
    select s.project_id, i.id, i.source_id, i.provider_event_id, i.headers::jsonb, decode(i.body, 'base64') from ${standing(db, rows)}
    -- One order for all writers, so that two sets with the same posts wait for each other and never lock each other out.
    order by i.source_id, i.provider_event_id, i.id
    on conflict (source_id, provider_event_id) do nothing
    returning id`;
  const written = new Set(inserted.map((row) => row.id));
  const earlier = await findEarlier(
    db,
    rows.filter((row) => !written.has(row.id)),
  );
  return rows.map(({ id }) => {
    if (written.has(id)) return { id, duplicate: false };
    const known = earlier.get(id);
    return known === undefined ? 'stale' : { id: known, duplicate: true };
  });
};

/** By the id that a post would have had, the one that it has. In a statement of its own: the one that met it does not see it. */
const findEarlier = async (db: Db, posts: (NewInboundEvent & { id: string })[]): Promise<Map<string, string>> => {
  if (posts.length === 0) return new Map();
  const rows = await db<{ id: string; known: string }[]>`
    select i.id, e.id as known from ${standing(db, posts)}
    join inbound_event e on e.source_id = i.source_id and e.provider_event_id = i.provider_event_id`;
  return new Map(rows.map((row) => [row.id, row.known]));
};

/** So many are asked to be mapped again by one statement. */
const MOST_REPLAYED = 10_000;

/** How many bytes of bodies are read at once: posts may have a megabyte each. */
const MOST_BYTES = 8_000_000;

/** What a source has posted and nobody has mapped yet, in the order in which it came. The source's row is locked. */
export const takeWaiting = (tx: Tx, sourceId: string, limit: number): Promise<InboundEvent[]> =>
  tx<InboundEvent[]>`
    select ${columns(tx)} from (
      select *, sum(octet_length(body)) over (order by received_at, id) - octet_length(body) as bytes_before from (
        select * from inbound_event where source_id = ${sourceId} and status = 'received' order by received_at, id limit ${limit}
      ) waiting
    ) counted where bytes_before < ${MOST_BYTES} order by received_at, id`;

export interface Mapped {
  id: string;
  status: InboundStatus;
  error: string | null;
}

/** Writes what became of posts of one project. */
export const writeMapped = async (db: Db, projectId: string, outcomes: Mapped[]): Promise<void> => {
  await db`
    update inbound_event e set status = i.status, error = i.error, mapped_at = now()
    from unnest(${outcomes.map((each) => each.id)}::text[], ${outcomes.map((each) => each.status)}::text[],
      ${outcomes.map((each) => each.error)}::text[]) as i (id, status, error)
    where e.project_id = ${projectId} and e.id = i.id`;
};

export const findInboundEvent = async (db: Db, projectId: string, id: string): Promise<InboundEvent | null> => {
  const [row] = await db<InboundEvent[]>`select ${columns(db)} from inbound_event where project_id = ${projectId} and id = ${id}`;
  return row ?? null;
};

export interface InboundFilter {
  status?: InboundStatus;
  providerEventId?: string;
  /** By when it came. */
  after?: Date;
  before?: Date;
}

const matching = (db: Db, projectId: string, sourceId: string, filter: InboundFilter) => db`
  project_id = ${projectId} and source_id = ${sourceId}
  ${filter.status === undefined ? db`` : db`and status = ${filter.status}`}
  ${filter.providerEventId === undefined ? db`` : db`and provider_event_id = ${filter.providerEventId}`}
  ${filter.after === undefined ? db`` : db`and received_at > ${filter.after}`}
  ${filter.before === undefined ? db`` : db`and received_at < ${filter.before}`}`;

/** Newest first. @param page `before`: the id after which it starts */
export const listInboundEvents = (
  db: Db,
  projectId: string,
  sourceId: string,
  filter: InboundFilter,
  page: { limit: number; before?: string },
): Promise<InboundEvent[]> =>
  db<InboundEvent[]>`
    select ${columns(db)} from inbound_event where ${matching(db, projectId, sourceId, filter)}
      ${page.before === undefined ? db`` : db`and id < ${page.before}`}
    order by id desc limit ${page.limit}`;

export const countInboundEvents = async (db: Db, projectId: string, sourceId: string, filter: InboundFilter): Promise<number> => {
  const [row] = await db<{ total: number }[]>`
    select count(*) as total from inbound_event where ${matching(db, projectId, sourceId, filter)}`;
  return row?.total ?? 0;
};

/**
 * Has posts of a source mapped again, the oldest first, up to a number at once.
 * @param range by when they came; `status` narrows it
 * @returns how many, and whether there are more
 */
export const replayInboundEvents = async (
  tx: Tx,
  projectId: string,
  sourceId: string,
  range: { from: Date; until: Date; status?: InboundStatus },
): Promise<{ replayed: number; more: boolean }> => {
  const rows = await tx`
    with chosen as (
      select id from inbound_event where project_id = ${projectId} and source_id = ${sourceId} and status <> 'received'
        and received_at >= ${range.from} and received_at < ${range.until}
        ${range.status === undefined ? tx`` : tx`and status = ${range.status}`}
      order by id limit ${MOST_REPLAYED} for no key update
    )
    update inbound_event e set status = 'received', error = null, mapped_at = null from chosen
    where e.project_id = ${projectId} and e.id = chosen.id`;
  return { replayed: rows.count, more: rows.count === MOST_REPLAYED };
};

/** Has a post mapped again. What it made already stays made, since its event is known by its id. */
export const replayInboundEvent = async (tx: Tx, projectId: string, id: string): Promise<InboundEvent | null> => {
  const [row] = await tx<InboundEvent[]>`
    update inbound_event set status = 'received', error = null, mapped_at = null where project_id = ${projectId} and id = ${id}
    returning ${columns(tx)}`;
  return row ?? null;
};
