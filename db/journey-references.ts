import type { Reference } from '../domain/journey/step-kind.ts';
import type { Db } from './client.ts';

type What = Reference['what'];

/** How many names are looked at to guess what was meant. */
const MOST_NAMES = 1000;

/** What may be named, by id and by name. Each row is one thing. */
const namesOf = (db: Db, projectId: string, what: What) => {
  switch (what) {
    case 'campaign':
      return db`select id, name from campaign where project_id = ${projectId}`;
    case 'template':
      return db`select distinct key as id, key as name from template where project_id = ${projectId}`;
    case 'segment':
      return db`select id, name from segment where project_id = ${projectId}`;
    case 'endpoint':
      return db`select id, name from destination where project_id = ${projectId} and kind = 'webhook'`;
    case 'frequency_cap':
      return db`
        select cap as id, cap as name from sending_rules cross join lateral jsonb_object_keys(rules -> 'frequency_caps') as c (cap)
        where project_id = ${projectId}`;
  }
};

/** Which of these names the project knows. */
export const findNamed = async (db: Db, projectId: string, what: What, names: string[]): Promise<Set<string>> => {
  if (names.length === 0) return new Set();
  const rows = await db<{ id: string; name: string }[]>`
    select id, name from (${namesOf(db, projectId, what)}) as t where id = any(${names}::text[]) or name = any(${names}::text[])`;
  return new Set(rows.flatMap((row) => [row.id, row.name]));
};

/** The names that there are, for a guess at what a wrong one meant. */
export const listNames = async (db: Db, projectId: string, what: What): Promise<string[]> => {
  const rows = await db<{ name: string }[]>`
    select name from (${namesOf(db, projectId, what)}) as t order by name limit ${MOST_NAMES}`;
  return rows.map((row) => row.name);
};
