import { parse } from 'yaml';
import type { Tx } from '../../db/client.ts';
import { saveDraft, type Journey } from '../../db/journey/journeys.ts';
import { journeyKey } from '../../domain/journey/fields.ts';
import type { PlacedProblem } from '../../domain/journey/parse.ts';
import { checkDefinition, type Written } from './check-definition.ts';
import { invalidDefinition } from './publish.ts';

const headOf = (definition: unknown): { journey?: unknown; name?: unknown } => {
  try {
    const value: unknown = typeof definition === 'string' ? parse(definition, { maxAliasCount: 0 }) : definition;
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
};

/**
 * Keeps a definition that somebody works on. It may have mistakes, which are told; it only needs the key of its journey.
 * @throws DomainError definition_invalid where the key cannot be read
 */
export const saveJourneyDraft = async (
  tx: Tx,
  projectId: string,
  written: Written,
  now: Date,
): Promise<{ journey: Journey; problems: PlacedProblem[] }> => {
  const { problems } = await checkDefinition(tx, projectId, written);
  const head = headOf(written.definition);
  const key = journeyKey.safeParse(head.journey);
  if (!key.success) throw invalidDefinition(problems);
  const name = typeof head.name === 'string' && head.name !== '' ? head.name.slice(0, 200) : key.data;
  const source = typeof written.definition === 'string' ? written.definition : JSON.stringify(written.definition, null, 2);
  return { journey: await saveDraft(tx, projectId, { key: key.data, name, source }, now), problems };
};
