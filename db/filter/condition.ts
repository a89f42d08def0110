import type postgres from 'postgres';
import type { Filter, FilterOperator, FilterTerm } from '../../domain/filter/filter.ts';
import type { Db } from '../client.ts';

export type Fragment = postgres.PendingQuery<postgres.Row[]>;

/** The value of a field as jsonb, of the row that is looked at: SQL null where it has none. */
export type FieldSource = (field: string) => Fragment;

/**
 * A checked filter as a condition to stand after `where` or `and`. Names of fields choose fragments that stand here, and values are parameters:
 * nothing that somebody wrote becomes SQL.
 */
export const filterCondition = (db: Db, { junction, terms }: Filter, fieldOf: FieldSource, now: Date): Fragment => {
  const [first, ...rest] = terms.map(
    ({ field, operator, values }) => db`coalesce(${conditions[operator]({ db, field: fieldOf(field), values, now })}, false)`,
  );
  const joined = rest.reduce((all, term) => (junction === 'AND' ? db`${all} and ${term}` : db`${all} or ${term}`), first!);
  return db`(${joined})`;
};

const DAY_MS = 86_400_000;

const json = (values: FilterTerm['values']): string[] => values.map((value) => JSON.stringify(value));

/** What is not a time compares with no time, instead of failing the whole query. */
const timeOf = (db: Db, field: Fragment): Fragment => db`case when jsonb_typeof(${field}) = 'string'
  and pg_input_is_valid(${field} #>> '{}', 'timestamptz') then (${field} #>> '{}')::timestamptz end`;

const numberOf = (db: Db, field: Fragment): Fragment => db`case jsonb_typeof(${field}) when 'number' then (${field} #>> '{}')::numeric end`;

const lengthOf = (db: Db, field: Fragment): Fragment => db`case jsonb_typeof(${field}) when 'array' then jsonb_array_length(${field}) end`;

/** A term that is to become SQL. */
interface Asked {
  db: Db;
  /** As jsonb. */
  field: Fragment;
  values: FilterTerm['values'];
  now: Date;
}

type Condition = (asked: Asked) => Fragment;

const not =
  (condition: Condition): Condition =>
  (asked) =>
    asked.db`not coalesce(${condition(asked)}, false)`;

const ISO = /^\d{4}-\d{2}-\d{2}(T.*)?$/;

const equals: Condition = ({ db, field, values }) => {
  // A list contains the value, too: jsonb's @> takes a scalar for a member.
  const same = db`${field} @> any(${json(values)}::text[]::jsonb[])`;
  const times = values.flatMap((value) => (typeof value === 'string' && ISO.test(value) ? [new Date(value)] : []));
  if (times.length === 0 || times.some((time) => Number.isNaN(time.getTime()))) return same;
  return db`(${same} or ${timeOf(db, field)} = any(${times.map((time) => time.toISOString())}::text[]::timestamptz[]))`;
};

const isKnown: Condition = ({ db, field }) => db`${field} not in ('null', '""', '[]', '{}')`;

const contains: Condition = ({ db, field, values }) => db`case jsonb_typeof(${field})
  when 'array' then ${field} @> any(${json(values)}::text[]::jsonb[])
  else exists (select from unnest(${values as string[]}::text[]) as v where strpos(${field} #>> '{}', v) > 0) end`;

const ordered =
  (sign: '>' | '>=' | '<' | '<=', which: 0 | 1 = 0): Condition =>
  ({ db, field, values }) => {
    const value = values[which]!;
    const compares = { '>': db`>`, '>=': db`>=`, '<': db`<`, '<=': db`<=` }[sign];
    return typeof value === 'number'
      ? db`${numberOf(db, field)} ${compares} ${String(value)}::numeric`
      : db`${timeOf(db, field)} ${compares} ${new Date(String(value))}`;
  };

const both =
  (one: Condition, other: Condition): Condition =>
  (asked) =>
    asked.db`(${one(asked)} and ${other(asked)})`;

/** Within the UTC day that is so many days before or after today. */
const onDay =
  (sign: 1 | -1): Condition =>
  ({ db, field, values, now }) => {
    const day = Math.floor(now.getTime() / DAY_MS) + sign * Number(values[0]);
    return db`(${timeOf(db, field)} >= ${new Date(day * DAY_MS)} and ${timeOf(db, field)} < ${new Date((day + 1) * DAY_MS)})`;
  };

const daysFrom = ({ now, values }: Asked, sign: 1 | -1): Date => new Date(now.getTime() + sign * Number(values[0]) * DAY_MS);

const conditions: Record<FilterOperator, Condition> = {
  $is: equals,
  $in: equals,
  $is_not: not(equals),
  $not_in: not(equals),
  $has_value: isKnown,
  $is_unknown: not(isKnown),
  $contains: contains,
  $not_contain: not(contains),
  $starts_with: ({ db, field, values }) =>
    db`exists (select from unnest(${values as string[]}::text[]) as v where starts_with(${field} #>> '{}', v))`,
  $ends_with: ({ db, field, values }) =>
    db`exists (select from unnest(${values as string[]}::text[]) as v where right(${field} #>> '{}', length(v)) = v)`,
  $more_than: ordered('>'),
  $more_than_equal: ordered('>='),
  $less_than: ordered('<'),
  $less_than_equal: ordered('<='),
  $between: both(ordered('>='), ordered('<=', 1)),
  $after: ordered('>'),
  $before: ordered('<'),
  $is_days_ago: onDay(-1),
  $is_days_in_future: onDay(1),
  $more_than_ago: (asked) => asked.db`${timeOf(asked.db, asked.field)} < ${daysFrom(asked, -1)}`,
  $less_than_ago: (asked) =>
    asked.db`(${timeOf(asked.db, asked.field)} > ${daysFrom(asked, -1)} and ${timeOf(asked.db, asked.field)} <= ${asked.now})`,
  $more_than_future: (asked) => asked.db`${timeOf(asked.db, asked.field)} > ${daysFrom(asked, 1)}`,
  $less_than_future: (asked) =>
    asked.db`(${timeOf(asked.db, asked.field)} < ${daysFrom(asked, 1)} and ${timeOf(asked.db, asked.field)} >= ${asked.now})`,
  $count: ({ db, field, values }) => db`${lengthOf(db, field)} = ${Number(values[0])}`,
  $count_less: ({ db, field, values }) => db`${lengthOf(db, field)} < ${Number(values[0])}`,
  $count_more: ({ db, field, values }) => db`${lengthOf(db, field)} > ${Number(values[0])}`,
};
