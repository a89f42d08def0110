import { createHash } from 'node:crypto';
import type { JourneyDefinition } from '../../domain/journey/definition.ts';
import type { Db, Tx } from '../client.ts';
import { newId } from '../ids.ts';

export type JourneyState = 'draft' | 'live' | 'paused' | 'draining' | 'archived';

export interface Journey {
  projectId: string;
  id: string;
  /** The name that its definition gives it. */
  key: string;
  name: string;
  state: JourneyState;
  /** The version that new customers enter; 0 for a draft that was never published. */
  version: number;
  /** What it becomes once nobody is inside, while it drains. */
  drainsTo: 'archived' | 'live' | null;
  /** The definition that somebody works on, as it was written. */
  draft: string | null;
  draftSavedAt: Date | null;
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

const journeyColumns = (db: Db) => db`
  project_id, id, key, name, state, version, drains_to, draft, draft_saved_at, created_at, updated_at`;

export const findJourney = async (db: Db, projectId: string, idOrKey: string): Promise<Journey | null> => {
  const [row] = await db<Journey[]>`
    select ${journeyColumns(db)} from journey where project_id = ${projectId} and (id = ${idOrKey} or key = ${idOrKey})
    order by id = ${idOrKey} desc limit 1`;
  return row ?? null;
};

export const listJourneys = (
  db: Db,
  projectId: string,
  { limit, offset, state }: { limit: number; offset: number; state?: JourneyState | undefined },
): Promise<Journey[]> =>
  db<Journey[]>`
    select ${journeyColumns(db)} from journey
    where project_id = ${projectId} ${state === undefined ? db`` : db`and state = ${state}`} order by id desc limit ${limit} offset ${offset}`;

export const countJourneys = async (db: Db, projectId: string, state?: JourneyState): Promise<number> => {
  const [row] = await db<{ total: number }[]>`
    select count(*) as total from journey where project_id = ${projectId} ${state === undefined ? db`` : db`and state = ${state}`}`;
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

/** Keeps a definition that somebody works on, with whatever is wrong with it. The journey is made where there is none of this key. */
export const saveDraft = async (
  tx: Tx,
  projectId: string,
  { key, name, source }: { key: string; name: string; source: string },
  now: Date,
): Promise<Journey> => {
  const [row] = await tx<Journey[]>`
    insert into journey (project_id, id, key, name, state, version, draft, draft_saved_at, created_at)
    values (${projectId}, ${newId('journey')}, ${key}, ${name}, 'draft', 0, ${source}, ${now}, ${now})
    on conflict (project_id, key) do update set draft = excluded.draft, draft_saved_at = excluded.draft_saved_at
    returning ${journeyColumns(tx)}`;
  return row!;
};

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
  if (current !== null && current.hash === hash)
    return { journey: await published(tx, known, known, now), version: current, changed: false };
  const [version] = await tx<JourneyVersionRow[]>`
    insert into journey_version (project_id, journey_id, version, definition, source, templates, hash, trigger_event, event_types, published_at)
    values (${projectId}, ${known.id}, ${known.version + 1}, ${tx.json(definition as never)}, ${source}, ${tx.json(sorted)}, ${hash},
      ${draft.triggerEvent}, ${draft.eventTypes}, ${now})
    returning ${versionColumns(tx)}`;
  const journey = await published(tx, known, { version: known.version + 1, name }, now);
  return { journey, version: version as JourneyVersionRow, changed: true };
};

/** What was a draft or archived takes customers in from now on; what is paused stays so. The draft has done its work. */
const published = async (tx: Tx, known: Journey, next: Pick<Journey, 'version' | 'name'>, now: Date): Promise<Journey> => {
  const [journey] = await tx<Journey[]>`
    update journey set version = ${next.version}, name = ${next.name}, draft = null, draft_saved_at = null, drains_to = null,
      state = case when state in ('draft', 'draining', 'archived') then 'live' else state end,
      updated_at = case when version in (0, ${next.version}) then updated_at else ${now} end
    where project_id = ${known.projectId} and id = ${known.id} returning ${journeyColumns(tx)}`;
  return journey!;
};

/**
 * @param drainsTo what it becomes once nobody is inside, where it is to drain
 * @returns null where the journey is not in one of the states that it may leave
 */
export const changeState = async (
  tx: Tx,
  journey: Pick<Journey, 'projectId' | 'id'>,
  to: JourneyState,
  from: JourneyState[],
  now: Date,
  drainsTo: Journey['drainsTo'] = null,
): Promise<Journey | null> => {
  const [row] = await tx<Journey[]>`
    update journey set state = ${to}, drains_to = ${drainsTo}, updated_at = ${now}
    where project_id = ${journey.projectId} and id = ${journey.id} and state = any(${from}::text[]) returning ${journeyColumns(tx)}`;
  return row ?? null;
};

/** Archives or reopens the journeys that drain and in which nobody is left. @returns those that were */
export const finishDrains = (db: Db, now: Date, only?: Pick<Journey, 'projectId' | 'id'>): Promise<Journey[]> =>
  db<Journey[]>`
    update journey j set state = j.drains_to, drains_to = null, updated_at = ${now}
    where j.state = 'draining' and j.drains_to is not null
      ${only === undefined ? db`` : db`and j.project_id = ${only.projectId} and j.id = ${only.id}`}
      and not exists (select from enrolment e where e.project_id = j.project_id and e.journey_id = j.id and e.state in ('active', 'held'))
    returning ${journeyColumns(db)}`;

export interface Inside {
  version: number;
  step: string | null;
  /** How many stand there, and how many of them are held. */
  customers: number;
  held: number;
}

/** Where customers stand in a journey, by version and step. */
export const countInside = (db: Db, projectId: string, journeyId: string): Promise<Inside[]> =>
  db<Inside[]>`
    select version, step, count(*)::int as customers, count(*) filter (where state = 'held')::int as held from enrolment
    where project_id = ${projectId} and journey_id = ${journeyId} and state in ('active', 'held') group by 1, 2 order by 1, 2`;

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
