import { END } from '../../domain/journey/definition.ts';
import { scopeValues } from '../../domain/journey/scope.ts';
import type { Branch } from '../../domain/journey/steps/branch.ts';
import { attempt } from './attempt.ts';
import type { Outcome, StepFunction } from './step.ts';

const way = (next: string, outcome: string): Outcome => ({ to: 'go', outcome, next: next === END ? null : next, detail: { next } });

/** Sends each member the way of the first case that holds for them. */
export const branch: StepFunction = async ({ step, members }) => {
  const fields = step.fields as unknown as Branch;
  return members.map((member) => {
    const values = scopeValues(member.standing);
    for (const [index, each] of fields.cases.entries()) {
      const holds = attempt(() => step.expressions.get(`cases.${index}.when`)?.evaluate(values));
      if ('error' in holds) return { to: 'fail', error: holds.error };
      if (holds.value === true) return way(each.next, each.when);
    }
    return way(fields.else, 'else');
  });
};
