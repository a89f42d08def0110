import { enqueueAsyncAction } from '../../db/bulk/async-actions.ts';
import type { Tx } from '../../db/client.ts';
import { insertRowErrors, keepBatch, setTotals, type KeptRow, type RowError } from '../../db/bulk/imports.ts';
import { DomainError, type FieldProblem } from '../../domain/errors.ts';

/** A row as it came: the body that it stands for, or what is wrong with it as such. */
export interface RowInput {
  line: number;
  body: unknown;
  problem: string | null;
}

/** What becomes of a row: plain JSON that is kept until it is imported, or everything that is wrong with it. */
export type CheckedRow = { row: KeptRow } | { problems: FieldProblem[] };

export interface ImportRequest {
  projectId: string;
  /** The kind of work, as activities/bulk knows it. */
  type: string;
  campaignId: string | null;
  /** Whether one row that is wrong keeps all out. */
  allOrNothing: boolean;
  check: (body: unknown, line: number) => CheckedRow;
}

const ROWS_PER_BATCH = 500;
const MAX_ROWS = 2_000_000;

const tooMany = () =>
  new DomainError('invalid_payload', 'The file has too many rows.', {
    fields: [{ path: 'file', message: `must have at most ${MAX_ROWS} rows` }],
  });

/**
 * Checks rows as they come and keeps them for the background, some hundred at a time, in the caller's transaction.
 * @returns the id of the asynchronous action
 * @throws DomainError invalid_payload, where there are none
 */
export const stageImport = async (
  tx: Tx,
  { projectId, type, campaignId, allOrNothing, check }: ImportRequest,
  rows: AsyncIterable<RowInput> | Iterable<RowInput>,
): Promise<string> => {
  const id = await enqueueAsyncAction(tx, { projectId, type, campaignId, total: 0, request: { all_or_nothing: allOrNothing } });
  const key = { projectId, id };
  let [total, failed, batches] = [0, 0, 0];
  let good: KeptRow[] = [];
  let wrong: RowError[] = [];
  const keep = async (): Promise<void> => {
    if (good.length > 0) await keepBatch(tx, key, batches++, good);
    await insertRowErrors(tx, key, wrong);
    [good, wrong] = [[], []];
  };
  for await (const { line, body, problem } of rows) {
    total += 1;
    if (total > MAX_ROWS) throw tooMany();
    const checked: CheckedRow = problem === null ? check(body, line) : { problems: [{ path: '', message: problem }] };
    if ('row' in checked) good.push(checked.row);
    else {
      wrong.push({ line, errors: checked.problems });
      failed += 1;
    }
    if (good.length + wrong.length >= ROWS_PER_BATCH) await keep();
  }
  await keep();
  if (total === 0)
    throw new DomainError('invalid_payload', 'There is nothing to import.', { fields: [{ path: 'file', message: 'must have rows' }] });
  await setTotals(tx, key, total, failed);
  return id;
};
