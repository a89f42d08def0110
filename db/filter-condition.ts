import type postgres from 'postgres';
import type { Filter, FilterTerm } from '../domain/filter.ts';
import type { Db } from './client.ts';

export type Fragment = postgres.PendingQuery<postgres.Row[]>;

/** The value of a field as jsonb, of the row that is looked at: SQL null where it has none. */
export type FieldSource = (field: string) => Fragment;

/**
 * A checked filter as a condition to stand after `where` or `and`. Names of fields choose fragments that stand here, and values are parameters:
 * nothing that somebody wrote becomes SQL.
 */
export const filterCondition = (db: Db, { junction, terms }: Filter, fieldOf: FieldSource, now: Date): Fragment => {
  const [first, ...rest] = terms.map((term) => db`coalesce(${termCondition(db, term, fieldOf(term.field), now)}, false)`);
  const joined = rest.reduce((all, term) => (junction === 'AND' ? db`${all} and ${term}` : db`${all} or ${term}`), first!);
  return db`(${joined})`;
};

const termCondition = (db: Db, { operator, values }: FilterTerm, field: Fragment, now: Date): Fragment => {
  const [value, other] = values;
  const text = db`(${field} #>> '{}')`;
  const day = (sign: 1 | -1): Fragment =>
    db`${timeOf(db, field)} ${sign > 0 ? db`>=` : db`<`} ${dayAt(now, value, operator, sign > 0 ? 0 : 1)}`;
  switch (operator) {
    case '$is':
    case '$in':
      return equals(db, field, values);
    case '$is_not':
    case '$not_in':
      return db`not coalesce(${equals(db, field, values)}, false)`;
    case '$has_value':
      return isKnown(db, field);
    case '$is_unknown':
      return db`not coalesce(${isKnown(db, field)}, false)`;
    case '$contains':
      return contains(db, field, values);
    case '$not_contain':
      return db`not coalesce(${contains(db, field, values)}, false)`;
    case '$starts_with':
      return db`exists (select from unnest(${values as string[]}::text[]) as v where starts_with(${text}, v))`;
    case '$ends_with':
      return db`exists (select from unnest(${values as string[]}::text[]) as v where right(${text}, length(v)) = v)`;
    case '$more_than':
      return ordered(db, field, db`>`, value!);
    case '$more_than_equal':
      return ordered(db, field, db`>=`, value!);
    case '$less_than':
      return ordered(db, field, db`<`, value!);
    case '$less_than_equal':
      return ordered(db, field, db`<=`, value!);
    case '$between':
      return db`(${ordered(db, field, db`>=`, value!)} and ${ordered(db, field, db`<=`, other!)})`;
    case '$after':
      return ordered(db, field, db`>`, value!);
    case '$before':
      return ordered(db, field, db`<`, value!);
    case '$is_days_ago':
    case '$is_days_in_future':
      return db`(${day(1)} and ${day(-1)})`;
    case '$more_than_ago':
      return db`${timeOf(db, field)} < ${daysFrom(now, -Number(value))}`;
    case '$less_than_ago':
      return db`(${timeOf(db, field)} > ${daysFrom(now, -Number(value))} and ${timeOf(db, field)} <= ${now})`;
    case '$more_than_future':
      return db`${timeOf(db, field)} > ${daysFrom(now, Number(value))}`;
    case '$less_than_future':
      return db`(${timeOf(db, field)} < ${daysFrom(now, Number(value))} and ${timeOf(db, field)} >= ${now})`;
    case '$count':
      return db`${lengthOf(db, field)} = ${Number(value)}`;
    case '$count_less':
      return db`${lengthOf(db, field)} < ${Number(value)}`;
    case '$count_more':
      return db`${lengthOf(db, field)} > ${Number(value)}`;
  }
};

const json = (values: FilterTerm['values']): string[] => values.map((value) => JSON.stringify(value));

const isKnown = (db: Db, field: Fragment): Fragment => db`${field} not in ('null', '""', '[]', '{}')`;

/** A list contains the value, too: jsonb's @> takes a scalar for a member. By way of text: the driver would write JSON of JSON. */
const equals = (db: Db, field: Fragment, values: FilterTerm['values']): Fragment => db`${field} @> any(${json(values)}::text[]::jsonb[])`;

const contains = (db: Db, field: Fragment, values: FilterTerm['values']): Fragment => db`case jsonb_typeof(${field})
  when 'array' then ${field} @> any(${json(values)}::text[]::jsonb[])
  else exists (select from unnest(${values as string[]}::text[]) as v where strpos(${field} #>> '{}', v) > 0) end`;

/** What is not a time compares with no time, instead of failing the whole query. */
const timeOf = (db: Db, field: Fragment): Fragment => db`case when jsonb_typeof(${field}) = 'string'
  and pg_input_is_valid(${field} #>> '{}', 'timestamptz') then (${field} #>> '{}')::timestamptz end`;

const numberOf = (db: Db, field: Fragment): Fragment => db`case jsonb_typeof(${field}) when 'number' then (${field} #>> '{}')::numeric end`;

const lengthOf = (db: Db, field: Fragment): Fragment => db`case jsonb_typeof(${field}) when 'array' then jsonb_array_length(${field}) end`;

const ordered = (db: Db, field: Fragment, sign: Fragment, value: string | number | boolean): Fragment =>
  typeof value === 'number'
    ? db`${numberOf(db, field)} ${sign} ${String(value)}::numeric`
    : db`${timeOf(db, field)} ${sign} ${new Date(String(value))}`;

const DAY_MS = 86_400_000;

const daysFrom = (now: Date, days: number): Date => new Date(now.getTime() + days * DAY_MS);

/** Where the UTC day begins (`next` 0) or ends (1) that is so many days before or after today. */
const dayAt = (now: Date, days: string | number | boolean | undefined, operator: string, next: 0 | 1): Date => {
  const sign = operator === '$is_days_ago' ? -1 : 1;
  const today = Math.floor(now.getTime() / DAY_MS);
  return new Date((today + sign * Number(days) + next) * DAY_MS);
};
