import type { Db, Sql } from './client.ts';

/** One validation with what decided it. */
export interface ValidationTrace {
  projectId: string;
  id: string;
  /** The codes asked, as they are looked up (domain/code-pattern.ts codeKey). */
  codeKeys: string[];
  customerId: string | null;
  /** `valid`, or the key of the first refusal. */
  outcome: string;
  trace: unknown;
  createdAt: Date;
}

const DAYS_KEPT = 7;
const DAYS_AHEAD = 3;
const DAY_MS = 86_400_000;

/** Writes traces in one statement. */
export const insertTraces = async (db: Db, traces: ValidationTrace[]): Promise<void> => {
  const rows = traces.map((trace) => ({
    p: trace.projectId,
    i: trace.id,
    c: trace.codeKeys[0],
    m: trace.codeKeys.length > 1 ? trace.codeKeys.slice(1) : null,
    u: trace.customerId,
    o: trace.outcome,
    t: trace.trace,
    a: trace.createdAt.toISOString(),
  }));
  await db`
    insert into validation (project_id, id, code, more_codes, customer_id, outcome, trace, created_at)
    select p, i, c, m, u, o, t, a from json_to_recordset(${JSON.stringify(rows)}::text::json) as r (
      p text, i text, c text, m text[], u text, o text, t json, a timestamptz)`;
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
