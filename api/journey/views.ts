import type { Inside, Journey, JourneyVersionRow } from '../../db/journey/journeys.ts';
import type { PlacedProblem } from '../../domain/journey/parse.ts';

export const journeyView = (journey: Journey) => ({
  object: 'journey' as const,
  id: journey.id,
  key: journey.key,
  name: journey.name,
  state: journey.state,
  version: journey.version,
  drains_to: journey.drainsTo,
  draft_saved_at: journey.draftSavedAt?.toISOString() ?? null,
  created_at: journey.createdAt.toISOString(),
  updated_at: journey.updatedAt?.toISOString() ?? null,
});

export const versionView = (version: JourneyVersionRow) => ({
  object: 'journey_version' as const,
  journey_id: version.journeyId,
  version: version.version,
  hash: version.hash,
  definition: version.definition,
  source: version.source,
  templates: version.templates,
  published_at: version.publishedAt.toISOString(),
});

/** Who stands where, by step. */
export const insideView = (inside: Inside[], version: number) => ({
  customers: sum(inside, version, (each) => each.customers),
  held: sum(inside, version, (each) => each.held),
  steps: inside.filter((each) => each.version === version).map(({ step, customers, held }) => ({ step: step ?? '', customers, held })),
});

const sum = (inside: Inside[], version: number, value: (each: Inside) => number): number =>
  inside.filter((each) => each.version === version).reduce((total, each) => total + value(each), 0);

export const problemView = ({ path, message, step, line, column }: PlacedProblem) => ({
  path: path.join('.'),
  message,
  step: step ?? null,
  line: line ?? null,
  column: column ?? null,
});
