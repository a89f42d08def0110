import type { Db } from '../../db/client.ts';
import { findNamed, listNames } from '../../db/journey/references.ts';
import { latestVersions, latestTranslations } from '../../db/delivery/templates.ts';
import type { Problem } from '../../domain/journey/definition.ts';
import { parseJourney, type NamedReference, type ParsedJourney, type PlacedProblem } from '../../domain/journey/parse.ts';
import { didYouMean } from '../../domain/suggestion.ts';

/** A definition as somebody wrote it. */
export interface Written {
  /** YAML or JSON text, or parsed JSON. */
  definition: unknown;
  /** The text that parsed JSON came from, and the path of the definition in it. */
  text?: { text: string; at: string[] };
}

export interface Checked {
  /** Null where there are problems. */
  journey: ParsedJourney['journey'];
  problems: PlacedProblem[];
  /** The versions of the templates that it would be published with. */
  templates: Record<string, number>;
}

const words: Record<NamedReference['what'], string> = {
  campaign: 'campaign',
  template: 'template',
  segment: 'segment',
  endpoint: 'webhook endpoint',
  frequency_cap: 'frequency cap',
};

const MOST_LISTED = 8;

/** What there is, where nothing comes close to what was written. */
const listed = (names: string[]): string => {
  if (names.length === 0) return '; there is none yet';
  const more = names.length > MOST_LISTED ? ` and ${names.length - MOST_LISTED} more` : '';
  return `; there ${names.length === 1 ? 'is' : 'are'} ${names.slice(0, MOST_LISTED).join(', ')}${more}`;
};

/** Finds everything that is wrong with a definition in this project: what it says, and what it names that is not there. */
export const checkDefinition = async (db: Db, projectId: string, { definition, text }: Written): Promise<Checked> => {
  const { journey, problems, references, place } = parseJourney(definition, text);
  const missing: Problem[] = [];
  for (const [what, named] of Map.groupBy(references, (each) => each.what)) {
    const known = await findNamed(db, projectId, what, [...new Set(named.map((each) => each.name))]);
    const unknown = named.filter((each) => !known.has(each.name));
    if (unknown.length === 0) continue;
    const names = await listNames(db, projectId, what);
    for (const { name, path, step } of unknown) {
      missing.push({
        path,
        message: `there is no ${words[what]} ${name} in this project${didYouMean(name, names) || listed(names)}`,
        step,
      });
    }
  }
  const keys = references.flatMap((each) => (each.what === 'template' ? each.name : []));
  const templates = { ...(await latestTranslations(db, projectId, keys)), ...(await latestVersions(db, projectId, keys)) };
  const all = place([...problems, ...missing]);
  return { journey: all.length === 0 ? journey : null, problems: all, templates };
};
