import { asUnavailable, isUnavailable } from '../../db/campaign/availability.ts';
import type { Sql } from '../../db/client.ts';
import { holdDueMembers } from '../../db/journey/enrolments.ts';
import type { StepInput } from './step.ts';

/** Holds the members whose step could not be done, with the cause, so that people see them and the others go on. @returns how many */
export const holdMembers =
  (deps: { sql: Sql }) =>
  async (input: StepInput & { cause: string }): Promise<number> => {
    try {
      return await holdDueMembers(deps.sql, input.cohortId, input.step, input.now, input.cause);
    } catch (error) {
      throw isUnavailable(error) ? asUnavailable(error) : error;
    }
  };
