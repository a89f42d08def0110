import type { FilterFields } from '../../../domain/filter/filter.ts';
import type { Db } from '../../client.ts';
import type { Fragment } from '../../filter/condition.ts';

/** A column of an export, which filters and sorts too. */
export interface ExportField {
  type: FilterFields[string];
  /** Its value as jsonb, of the rows of the source. */
  value: (db: Db) => Fragment;
}

/** One kind of thing that is exported. */
export interface ExportSource {
  fields: Readonly<Record<string, ExportField>>;
  /** The columns of an export that names none. */
  defaults: readonly string[];
  /** `table x` with what its fields need beside it; `x` has project_id, id, created_at and metadata. */
  from: (db: Db) => Fragment;
}

export const text = (value: (db: Db) => Fragment): ExportField => ({ type: 'text', value });
export const number = (value: (db: Db) => Fragment): ExportField => ({ type: 'number', value });
export const time = (value: (db: Db) => Fragment): ExportField => ({ type: 'time', value });
export const any = (value: (db: Db) => Fragment): ExportField => ({ type: 'any', value });
