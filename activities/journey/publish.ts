import type { Tx } from '../../db/client.ts';
import { recordEvents } from '../../db/event/events.ts';
import { keepSchedule } from '../../db/journey/schedules.ts';
import { changeState, countInside, writeVersion, type Published } from '../../db/journey/journeys.ts';
import { DomainError } from '../../domain/errors.ts';
import type { PlacedProblem } from '../../domain/journey/parse.ts';
import { checkDefinition, type Written } from './check-definition.ts';
import { migrateMembers } from './migrate-members.ts';

/**
 * What becomes of those who are inside: they stay on the version they entered with; they go over to the new one, by a map of steps;
 * or the new one waits until they have left, and nobody enters until then.
 */
export type Inside = { policy: 'stay' } | { policy: 'drain' } | { policy: 'migrate'; steps: Record<string, string> };

export interface PublishOptions {
  now: Date;
  inside?: Inside;
  /** The journey that the definition has to be of. */
  key?: string;
  /** Who publishes, for the event that tells of it. */
  by?: string;
  text?: Written['text'];
}

export type PublishedJourney = Published & {
  /** How many went over to the new version. */
  migrated: number;
};

/**
 * Publishes a definition (YAML or JSON text, or parsed JSON) as a new version, to which the templates are pinned as they stand now.
 * @throws DomainError definition_invalid, with all that is wrong with it; invalid_payload, where the map of steps does not fit
 */
export const publishJourney = async (
  tx: Tx,
  project: { id: string },
  input: unknown,
  { now, inside = { policy: 'stay' }, key, by, text }: PublishOptions,
): Promise<PublishedJourney> => {
  const { journey, problems, templates } = await checkDefinition(tx, project.id, { definition: input, ...(text && { text }) });
  if (journey === null) throw invalidDefinition(problems);
  const { definition } = journey;
  if (key !== undefined && definition.journey !== key) {
    const message = `must be ${key}, the key of the journey that is published; a definition with another key is another journey`;
    throw invalidDefinition([{ path: ['journey'], message }]);
  }
  const source = typeof input === 'string' ? input : JSON.stringify(input, null, 2);
  const draft = { definition, source, templates, triggerEvent: journey.trigger.type, eventTypes: journey.eventTypes };
  const published = await writeVersion(tx, project.id, draft, now);
  await keepSchedule(tx, published.journey, definition.trigger.schedule);
  const migrated = inside.policy === 'migrate' ? await migrateMembers(tx, published, inside.steps, now) : 0;
  const state = inside.policy === 'drain' && published.changed ? await drainFirst(tx, published, now) : null;
  if (published.changed || migrated > 0) await tell(tx, published, inside, migrated, by, now);
  return { ...published, journey: state ?? published.journey, migrated };
};

/** The new version waits for those who are on an older one, where there are any. */
const drainFirst = async (tx: Tx, { journey }: Published, now: Date) => {
  const inside = await countInside(tx, journey.projectId, journey.id);
  return inside.length === 0 ? null : changeState(tx, journey, 'draining', ['live'], now, 'live');
};

const tell = (tx: Tx, { journey, version }: Published, inside: Inside, migrated: number, by: string | undefined, now: Date) =>
  recordEvents(tx, [
    {
      projectId: journey.projectId,
      type: 'journey.published',
      customerId: null,
      data: { journey: journey.key, journey_id: journey.id, version: version.version, inside: inside.policy, migrated, by: by ?? null },
      dedupeKey: null,
      occurredAt: now,
    },
  ]);

export const invalidDefinition = (problems: PlacedProblem[]): DomainError => {
  const count = problems.length === 1 ? 'one mistake' : `${problems.length} mistakes`;
  return new DomainError('definition_invalid', `The journey has ${count}.`, {
    fields: problems.map(({ path, message, line, column, step }) => ({
      path: path.join('.'),
      message: line === undefined ? message : `${message} (line ${line}, column ${column})`,
      ...(line !== undefined && { line, column }),
      ...(step !== undefined && { step }),
    })),
  });
};
