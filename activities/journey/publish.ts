import { findCampaign } from '../../db/campaigns.ts';
import type { Tx } from '../../db/client.ts';
import { writeVersion, type Published } from '../../db/journeys.ts';
import { latestVersions } from '../../db/templates.ts';
import { DomainError } from '../../domain/errors.ts';
import type { CompiledJourney } from '../../domain/journey/compile.ts';
import type { Problem } from '../../domain/journey/definition.ts';
import { parseJourney, type PlacedProblem } from '../../domain/journey/parse.ts';

/**
 * Publishes a definition (YAML or JSON text, or parsed JSON) as a new version, to which the templates are pinned as they stand now.
 * @throws DomainError definition_invalid, with all that is wrong with it
 */
export const publishJourney = async (tx: Tx, project: { id: string }, input: unknown, { now }: { now: Date }): Promise<Published> => {
  const parsed = parseJourney(input);
  if (parsed.journey === null) throw invalid(parsed.problems);
  const { journey } = parsed;
  const templates = await latestVersions(tx, project.id, needed(journey, 'template'));
  const problems = [
    ...missing(journey, 'template', new Set(Object.keys(templates))),
    ...missing(journey, 'campaign', await knownCampaigns(tx, project.id, needed(journey, 'campaign'))),
  ];
  if (problems.length > 0) throw invalid(parsed.place(problems));
  const draft = {
    definition: journey.definition,
    source: typeof input === 'string' ? input : JSON.stringify(input, null, 2),
    templates,
    triggerEvent: journey.trigger.type,
    eventTypes: journey.eventTypes,
  };
  return writeVersion(tx, project.id, draft, now);
};

type Reference = 'template' | 'campaign';

const needed = (journey: CompiledJourney, what: Reference): string[] => [
  ...new Set([...journey.steps.values()].flatMap((step) => step.kind.needs?.(step.fields)[what] ?? [])),
];

const missing = (journey: CompiledJourney, what: Reference, known: Set<string>): Problem[] =>
  [...journey.steps.values()].flatMap((step) => {
    const name = step.kind.needs?.(step.fields)[what];
    if (name === undefined || known.has(name)) return [];
    return [{ path: ['steps', step.id, what], message: `there is no ${what} ${name} in this project`, step: step.id }];
  });

const knownCampaigns = async (tx: Tx, projectId: string, names: string[]): Promise<Set<string>> => {
  const found = await Promise.all(names.map((name) => findCampaign(tx, projectId, name)));
  return new Set(names.filter((_name, index) => found[index] !== null));
};

const invalid = (problems: PlacedProblem[]): DomainError => {
  const count = problems.length === 1 ? 'one mistake' : `${problems.length} mistakes`;
  return new DomainError('definition_invalid', `The journey has ${count}.`, {
    fields: problems.map(({ path, message, line, column }) => ({
      path: path.join('.'),
      message: line === undefined ? message : `${message} (line ${line}, column ${column})`,
    })),
  });
};
