import type { Filter } from '../../../domain/filter/filter.ts';
import type { Db } from '../../client.ts';
import { filterCondition, type Fragment } from '../../filter/condition.ts';
import { fieldOf } from './rows.ts';
import type { ExportSource } from './source.ts';

/** The ids of what a checked filter matches, as a subquery in parentheses: lists filter by what exports do. */
export const matching = (db: Db, source: ExportSource, projectId: string, filter: Filter, now: Date): Fragment => db`(
  select x.id from ${source.from(db)} where x.project_id = ${projectId} and ${filterCondition(db, filter, fieldOf(db, source), now)})`;
