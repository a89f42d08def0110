import type { Sql } from '../client.ts';
import { copyField, copyRows } from '../copy.ts';
import { countsOf, countValidations } from './validation-counts.ts';

/** One validation with what decided it. */
export interface ValidationTrace {
  projectId: string;
  id: string;
  /** The codes asked, as they are looked up (domain/voucher/code-pattern.ts codeKey). */
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

const COLUMNS = ['project_id', 'id', 'code', 'customer_id', 'outcome', 'created_at', 'more_codes', 'trace'];
const ROWS_PER_CHUNK = 100;

/** An array of texts as Postgres writes it, https://www.postgresql.org/docs/15/arrays.html#ARRAYS-INPUT. */
const arrayText = (texts: string[]): string => `{${texts.map((text) => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`;

const lineOf = ({ projectId, id, codeKeys, customerId, outcome, createdAt, trace }: ValidationTrace): string =>
  `${[
    projectId,
    id,
    codeKeys[0] ?? null,
    customerId,
    outcome,
    createdAt,
    codeKeys.length > 1 ? arrayText(codeKeys.slice(1)) : null,
    JSON.stringify(trace),
  ]
    .map(copyField)
    .join('\t')}\n`;

function* linesOf(traces: ValidationTrace[]): Generator<string> {
  for (let at = 0; at < traces.length; at += ROWS_PER_CHUNK)
    yield traces
      .slice(at, at + ROWS_PER_CHUNK)
      .map(lineOf)
      .join('');
}

/** Writes traces and, of those of campaigns, the counts, which go together or not at all. */
export const insertTraces = async (sql: Sql, traces: ValidationTrace[]): Promise<void> => {
  const counts = countsOf(traces);
  await sql.begin(async (tx) => {
    if (!(await copyRows(tx, 'validation', COLUMNS, linesOf(traces)))) throw new Error('Postgres refused traces of validations');
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
