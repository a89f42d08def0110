import type { Db, Sql } from './client.ts';
import { countsOf, countValidations } from './validation-counts.ts';
import { jsonLines } from './json-lines.ts';

/** One validation with what decided it. */
export interface ValidationTrace {
  projectId: string;
  id: string;
  /** The codes asked, as they are looked up (domain/code-pattern.ts codeKey). */
  codeKeys: string[];
  customerId: string | null;
  /** `valid`, or the key of the first refusal. */
  outcome: string;
  /** What became of each redeemable of a campaign. */
  counted: readonly { campaignId: string; outcome: string }[];
  trace: unknown;
  createdAt: Date;
}

const DAYS_KEPT = 7;
const DAYS_AHEAD = 3;
const DAY_MS = 86_400_000;

const insertRows = (db: Db, traces: ValidationTrace[]) => db`
  insert into validation (project_id, id, code, customer_id, outcome, created_at, more_codes, trace)
  select project_id, id, code, customer_id, outcome, created_at,
    case when more_codes is not null then array(select json_array_elements_text(more_codes::json)) end, trace::json
  from rows from (unnest(${traces.map((each) => each.projectId)}::text[], ${traces.map((each) => each.id)}::text[],
      ${traces.map((each) => each.codeKeys[0] ?? null)}::text[], ${traces.map((each) => each.customerId)}::text[],
      ${traces.map((each) => each.outcome)}::text[], ${traces.map((each) => each.createdAt.toISOString())}::timestamptz[]),
    string_to_table(${jsonLines(traces.map(({ codeKeys }) => (codeKeys.length > 1 ? codeKeys.slice(1) : null)))}, E'\\n', ''),
    string_to_table(${jsonLines(traces.map((each) => each.trace))}, E'\\n', ''))
    as r (project_id, id, code, customer_id, outcome, created_at, more_codes, trace)`;

/** Writes traces and, of those of campaigns, the counts, which go together or not at all. */
export const insertTraces = async (sql: Sql, traces: ValidationTrace[]): Promise<void> => {
  const counts = countsOf(traces);
  if (counts.length === 0) await insertRows(sql, traces);
  else
    await sql.begin(async (tx) => {
      await insertRows(tx, traces);
      await countValidations(tx, counts);
    });
};

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
const partitionOf = (day: string): string => `validation_${day.replaceAll('-', '')}`;

/**
 * Makes the partitions of today and the next days, and drops those older than a week. Repeatable, and safe from several processes:
 * they take turns.
 */
export const maintainDays = async (sql: Sql, now: Date): Promise<void> => {
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtextextended('validation days', 0))`;
    const rows = await tx<{ name: string }[]>`
      select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'validation'::regclass`;
    const existing = new Set(rows.map((row) => row.name));
    const today = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
    for (let ahead = -1; ahead <= DAYS_AHEAD; ahead++) {
      const [from, to] = [dayOf(today + ahead * DAY_MS), dayOf(today + (ahead + 1) * DAY_MS)];
      if (existing.has(partitionOf(from))) continue;
      await tx.unsafe(`create table ${partitionOf(from)} partition of validation for values from ('${from}') to ('${to}')`);
    }
    const oldest = partitionOf(dayOf(today - DAYS_KEPT * DAY_MS));
    for (const name of [...existing].filter((each) => each < oldest)) await tx.unsafe(`drop table ${name}`);
  });
};
