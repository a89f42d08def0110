import { createHash } from 'node:crypto';
import type { JourneyDefinition } from '../domain/journey/definition.ts';
import type { Db, Tx } from './client.ts';
import { newId } from './ids.ts';

export type JourneyState = 'live' | 'paused' | 'draining' | 'archived';

export interface Journey {
  projectId: string;
  id: string;
  /** The name that its definition gives it. */
  key: string;
  name: string;
  state: JourneyState;
  /** The version that new customers enter. */
  version: number;
  createdAt: Date;
  updatedAt: Date | null;
}

export interface JourneyVersionRow {
  projectId: string;
  journeyId: string;
  version: number;
  definition: JourneyDefinition;
  /** The definition as it was written. */
  source: string;
  /** {template key: version} */
  templates: Record<string, number>;
  hash: string;
  publishedAt: Date;
}

const journeyColumns = (db: Db) => db`project_id, id, key, name, state, version, created_at, updated_at`;

export const findJourney = async (db: Db, projectId: string, idOrKey: string): Promise<Journey | null> => {
  const [row] = await db<Journey[]>`
    select ${journeyColumns(db)} from journey where project_id = ${projectId} and (id = ${idOrKey} or key = ${idOrKey})
    order by id = ${idOrKey} desc limit 1`;
  return row ?? null;
};

export const listJourneys = (db: Db, projectId: string, page: { limit: number; offset: number }): Promise<Journey[]> =>
  db<Journey[]>`
    select ${journeyColumns(db)} from journey where project_id = ${projectId} order by id desc limit ${page.limit} offset ${page.offset}`;

export const countJourneys = async (db: Db, projectId: string): Promise<number> => {
  const [row] = await db<{ total: number }[]>`select count(*) as total from journey where project_id = ${projectId}`;
  return row?.total ?? 0;
};

const versionColumns = (db: Db) => db`project_id, journey_id, version, definition, source, templates, hash, published_at`;

export const findVersion = async (db: Db, projectId: string, journeyId: string, version: number): Promise<JourneyVersionRow | null> => {
  const [row] = await db<JourneyVersionRow[]>`
    select ${versionColumns(db)} from journey_version
    where project_id = ${projectId} and journey_id = ${journeyId} and version = ${version}`;
  return row ?? null;
};

export const listVersions = (db: Db, projectId: string, journeyId: string): Promise<JourneyVersionRow[]> =>
  db<JourneyVersionRow[]>`
    select ${versionColumns(db)} from journey_version
    where project_id = ${projectId} and journey_id = ${journeyId} order by version desc`;

export interface NewVersion {
  definition: JourneyDefinition;
  source: string;
  templates: Record<string, number>;
  triggerEvent: string;
  eventTypes: string[];
}

export interface Published {
  journey: Journey;
  version: JourneyVersionRow;
  /** False where the current version is the same already. */
  changed: boolean;
}

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** Writes a version of the journey that its definition names, which new customers enter from now on. The same as the current one is no new version. */
export const writeVersion = async (tx: Tx, projectId: string, draft: NewVersion, now: Date): Promise<Published> => {
  const { definition, source, templates } = draft;
  const name = definition.name ?? definition.journey;
  const sorted = Object.fromEntries(Object.entries(templates).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const hash = hashOf([definition, sorted]);
  await tx`
    insert into journey (project_id, id, key, name, version, created_at)
    values (${projectId}, ${newId('journey')}, ${definition.journey}, ${name}, 0, ${now}) on conflict (project_id, key) do nothing`;
  const [known] = await tx<Journey[]>`
    select ${journeyColumns(tx)} from journey where project_id = ${projectId} and key = ${definition.journey} for no key update`;
  if (known === undefined) throw new Error(`journey ${definition.journey} is gone`);
  const current = known.version === 0 ? null : await findVersion(tx, projectId, known.id, known.version);
  if (current !== null && current.hash === hash) return { journey: known, version: current, changed: false };
  const [version] = await tx<JourneyVersionRow[]>`
    insert into journey_version (project_id, journey_id, version, definition, source, templates, hash, trigger_event, event_types, published_at)
    values (${projectId}, ${known.id}, ${known.version + 1}, ${tx.json(definition as never)}, ${source}, ${tx.json(sorted)}, ${hash},
      ${draft.triggerEvent}, ${draft.eventTypes}, ${now})
    returning ${versionColumns(tx)}`;
  const [journey] = await tx<Journey[]>`
    update journey set version = version + 1, name = ${name}, updated_at = ${known.version === 0 ? null : now}
    where project_id = ${projectId} and id = ${known.id} returning ${journeyColumns(tx)}`;
  return { journey: journey as Journey, version: version as JourneyVersionRow, changed: true };
};

/** @returns null where the journey is not in one of the states that it may leave */
export const changeState = async (
  tx: Tx,
  journey: Pick<Journey, 'projectId' | 'id'>,
  to: JourneyState,
  from: JourneyState[],
  now: Date,
): Promise<Journey | null> => {
  const [row] = await tx<Journey[]>`
    update journey set state = ${to}, updated_at = ${now}
    where project_id = ${journey.projectId} and id = ${journey.id} and state = any(${from}::text[]) returning ${journeyColumns(tx)}`;
  return row ?? null;
};

/** The versions that these events may enrol into: the current ones of live journeys. */
export const findTriggered = (
  db: Db,
  projectIds: string[],
  types: string[],
): Promise<{ projectId: string; journeyId: string; version: number; triggerEvent: string }[]> =>
  db`
    select v.project_id, v.journey_id, v.version, v.trigger_event
    from journey j join journey_version v on v.project_id = j.project_id and v.journey_id = j.id and v.version = j.version
    where j.project_id = any(${projectIds}::text[]) and j.state = 'live' and v.trigger_event = any(${types}::text[])
    order by v.project_id, v.journey_id`;

/** Which of these types any version listens for, by project. */
export const findListened = (db: Db, projectIds: string[], types: string[]): Promise<{ projectId: string; type: string }[]> =>
  db`
    select distinct project_id, type from journey_version cross join lateral unnest(event_types) as t (type)
    where project_id = any(${projectIds}::text[]) and type = any(${types}::text[])`;

export interface VersionRef {
  projectId: string;
  journeyId: string;
  version: number;
}

export const loadVersions = (db: Db, refs: VersionRef[]): Promise<(JourneyVersionRow & { key: string; name: string })[]> =>
  db`
    select v.project_id, v.journey_id, v.version, v.definition, v.source, v.templates, v.hash, v.published_at, j.key, j.name
    from jsonb_to_recordset(${db.json(refs as never)}) as r ("projectId" text, "journeyId" text, version integer)
    join journey_version v on v.project_id = r."projectId" and v.journey_id = r."journeyId" and v.version = r.version
    join journey j on j.project_id = v.project_id and j.id = v.journey_id`;
