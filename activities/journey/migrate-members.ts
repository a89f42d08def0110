import { isDeepStrictEqual } from 'node:util';
import type { Tx } from '../../db/client.ts';
import { loadJourneyVersions, lockInside, moveToVersion, type StepMove } from '../../db/journey/migration.ts';
import type { Published } from '../../db/journey/journeys.ts';
import { DomainError, type FieldProblem } from '../../domain/errors.ts';
import type { JourneyDefinition } from '../../domain/journey/definition.ts';
import { didYouMean } from '../../domain/suggestion.ts';

/**
 * Takes everybody who is inside over to the version that was just published. Who stands at a step that says the same there goes on as
 * if nothing had happened; who stands at another, or at one that was changed, comes to it anew, and what they waited for is armed anew.
 * @param steps from where they stand to where they go; a step that is not named keeps its id
 * @returns how many went over
 * @throws DomainError invalid_payload, naming every step of the map that is not there and every step where somebody stands that leads nowhere
 */
export const migrateMembers = async (
  tx: Tx,
  { journey, version }: Published,
  steps: Record<string, string>,
  now: Date,
): Promise<number> => {
  const standing = await lockInside(tx, journey.projectId, journey.id, version.version);
  const old = new Map((await loadJourneyVersions(tx, journey.projectId, journey.id)).map((each) => [each.version, each.definition]));
  const target = byId(version.definition);
  const problems: FieldProblem[] = [];
  const known = new Set([...old].filter(([number]) => number !== version.version).flatMap(([, each]) => [...byId(each).keys()]));
  for (const [from, to] of Object.entries(steps)) {
    if (!known.has(from))
      problems.push({ path: `steps.${from}`, message: `no earlier version has a step ${from}${didYouMean(from, known)}` });
    if (!target.has(to))
      problems.push({ path: `steps.${from}`, message: `the new version has no step ${to}${didYouMean(to, target.keys())}` });
  }
  const moves = standing.map(({ version: number, step }): StepMove => {
    const to = Object.hasOwn(steps, step) ? steps[step]! : step;
    // What a runtime adds to every version, such as where those stand who are held out, is there in each of them.
    const own = byId(old.get(number)!).has(step);
    return { version: number, from: step, to, same: to === step && (!own || sameStep(old.get(number)!, version.definition, step)) };
  });
  for (const { from, to, version: number } of moves) {
    if (target.has(to) || Object.hasOwn(steps, from) || !byId(old.get(number)!).has(from)) continue;
    const customers = standing.filter((each) => each.step === from).reduce((sum, each) => sum + each.customers, 0);
    const message = `${customers} ${customers === 1 ? 'customer stands' : 'customers stand'} at ${from}, which the new version has not; say which step they go to`;
    if (!problems.some((each) => each.path === `steps.${from}`)) problems.push({ path: `steps.${from}`, message });
  }
  if (problems.length > 0) throw new DomainError('invalid_payload', 'The map of steps does not fit.', { fields: problems });
  return moveToVersion(tx, version, moves, now);
};

const byId = (definition: JourneyDefinition) => new Map(definition.steps.map((step) => [step.id, step]));

const sameStep = (one: JourneyDefinition, other: JourneyDefinition, id: string): boolean => {
  const { next: _n, ...before } = byId(one).get(id) ?? { next: null };
  const { next: _m, ...after } = byId(other).get(id) ?? { next: null };
  // By way of JSON, as one of them came: a field that says undefined is not there.
  return isDeepStrictEqual(JSON.parse(JSON.stringify(before)), JSON.parse(JSON.stringify(after)));
};
