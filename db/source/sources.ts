import type { Db, Tx } from '../client.ts';
import { newId } from '../ids.ts';
import type { SecretBox } from '../secret-box.ts';

/** A place that posts webhooks to /hooks/{id}: a CRM, a shop, a mail service. */
export interface Source {
  projectId: string;
  id: string;
  name: string;
  /** How it signs: the name of a provider in domain/webhook/signature/registry.ts. */
  provider: string;
  /** Sealed, newest first; several are good while one is rotated. */
  secrets: Buffer[];
  /** From payload to events: domain/mapping/mapping.ts. */
  mapping: unknown;
  /** What its provider must know besides. */
  settings: unknown;
  active: boolean;
  /** From where it takes posts, as CIDR; none: from anywhere. */
  allowedNets: string[];
  /** How large a body may be; null: as large as any. */
  maxBytes: number | null;
  /** How many posts a process takes in a second; null: all. */
  ratePerSecond: number | null;
  /** Counts the changes. */
  revision: number;
  createdAt: Date;
  updatedAt: Date | null;
}

/** A secret and, where it is being replaced, when it ends (ISO 8601). */
export interface SourceSecret {
  secret: string;
  until: string | null;
}

const PURPOSE = 'source secret';
/** Older ones are dropped: a rotation that never ends is a leak that never ends. */
const MOST_SECRETS = 3;

const sealSecret = (box: SecretBox, projectId: string, secret: SourceSecret): Buffer =>
  box.seal(projectId, PURPOSE, JSON.stringify(secret));

/** The secrets of a source, newest first. */
export const openSecrets = (box: SecretBox, source: Source): SourceSecret[] =>
  source.secrets.map((sealed) => JSON.parse(box.open(source.projectId, PURPOSE, sealed)) as SourceSecret);

const columns = (db: Db) => db`
  project_id, id, name, provider, secrets, mapping, settings, active, allowed_nets, max_bytes,
  rate_per_second, revision, created_at, updated_at`;

/** The driver cannot send an array of bytes, so they go as text. */
const bytesArray = (db: Db, values: Buffer[]) =>
  db`(select array_agg(decode(each, 'base64') order by place)
    from unnest(${values.map((value) => value.toString('base64'))}::text[]) with ordinality as t (each, place))`;

/** Of whatever project: the id in the address is all that a post brings. */
export const findSourceById = async (db: Db, id: string): Promise<Source | null> => {
  const [row] = await db<Source[]>`select ${columns(db)} from source where id = ${id}`;
  return row ?? null;
};

/** By id, else by name. */
export const findSource = async (db: Db, projectId: string, idOrName: string): Promise<Source | null> => {
  const [row] = await db<Source[]>`
    select ${columns(db)} from source where project_id = ${projectId} and (id = ${idOrName} or name = ${idOrName})
    order by id = ${idOrName} desc limit 1`;
  return row ?? null;
};

export const listSources = (db: Db, projectId: string): Promise<Source[]> =>
  db<Source[]>`select ${columns(db)} from source where project_id = ${projectId} order by id desc limit 1000`;

export interface NewSource {
  name: string;
  provider: string;
  secret: string;
  mapping: unknown;
  settings: unknown;
  active: boolean;
  allowedNets?: string[];
  maxBytes?: number | null;
  ratePerSecond?: number | null;
}

/** @returns null where the project has a source of that name */
export const insertSource = async (tx: Tx, box: SecretBox, projectId: string, source: NewSource): Promise<Source | null> => {
  const sealed = sealSecret(box, projectId, { secret: source.secret, until: null });
  const [row] = await tx<Source[]>`
    insert into source (project_id, id, name, provider, secrets, mapping, settings, active, allowed_nets, max_bytes, rate_per_second)
    values (${projectId}, ${newId('source')}, ${source.name}, ${source.provider}, array[${sealed}::bytea],
      ${tx.json(source.mapping as never)}, ${tx.json(source.settings as never)}, ${source.active}, ${source.allowedNets ?? []},
      ${source.maxBytes ?? null}, ${source.ratePerSecond ?? null})
    on conflict (project_id, name) do nothing
    returning ${columns(tx)}`;
  return row ?? null;
};

/**
 * Takes a source whose posts wait to be mapped and that no other relay works on, until the transaction ends: so its posts are
 * mapped in the order in which they came.
 * @param after the source that was served last, so that all get their turn
 */
export const lockWaitingSource = async (tx: Tx, after: string): Promise<Source | null> => {
  const [row] = await tx<Source[]>`
    select ${columns(tx)} from source s
    where exists (select from inbound_event e where e.source_id = s.id and e.status = 'received')
    order by s.id > ${after} desc, s.id limit 1 for no key update of s skip locked`;
  return row ?? null;
};

/** Locks a source for a change. */
export const lockSource = async (tx: Tx, projectId: string, id: string): Promise<Source | null> => {
  const [row] = await tx<Source[]>`select ${columns(tx)} from source where project_id = ${projectId} and id = ${id} for no key update`;
  return row ?? null;
};

/** Writes a source whose row is locked. */
export const writeSource = async (tx: Tx, source: Source, now: Date): Promise<Source> => {
  const [row] = await tx<Source[]>`
    update source set name = ${source.name}, secrets = ${bytesArray(tx, source.secrets)}, mapping = ${tx.json(source.mapping as never)},
      settings = ${tx.json(source.settings as never)}, active = ${source.active},
      allowed_nets = ${source.allowedNets}, max_bytes = ${source.maxBytes}, rate_per_second = ${source.ratePerSecond}, revision = revision + 1, updated_at = ${now}
    where project_id = ${source.projectId} and id = ${source.id}
    returning ${columns(tx)}`;
  return row as Source;
};

/** The sealed secrets after a rotation: the new one first, those before it good until then. */
export const rotatedSecrets = (box: SecretBox, source: Source, secret: string, until: Date): Buffer[] => {
  const earlier = openSecrets(box, source).map((old) => {
    const end = old.until !== null && Date.parse(old.until) < until.getTime() ? old.until : until.toISOString();
    return { secret: old.secret, until: end };
  });
  return [{ secret, until: null }, ...earlier].slice(0, MOST_SECRETS).map((each) => sealSecret(box, source.projectId, each));
};

/** Deletes a source with what it posted; events that were made of it stay. */
export const deleteSource = async (tx: Tx, projectId: string, id: string): Promise<boolean> => {
  const deleted = await tx`delete from source where project_id = ${projectId} and id = ${id}`;
  return deleted.count === 1;
};
