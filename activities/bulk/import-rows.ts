import { writeProgress, type AsyncAction } from '../../db/bulk/async-actions.ts';
import type { Tx } from '../../db/client.ts';
import { dropBatches, insertRowErrors, takeBatches, type KeptRow, type RowError } from '../../db/bulk/imports.ts';
import { DomainError } from '../../domain/errors.ts';
import type { BulkDeps, BulkKind } from './bulk-kind.ts';

/** As many as api/bulk/imports.ts keeps together. */
const ROWS_PER_BATCH = 500;

/** Writes rows of an import. @returns those that could not be, with why */
export type WriteRows<T> = (tx: Tx, action: AsyncAction, rows: T[]) => Promise<RowError[]>;

/** Thrown to take back what was written of an import that is all or nothing. */
class NotAll extends Error {
  readonly wrong: RowError[];

  constructor(wrong: RowError[]) {
    super('not all rows can be imported');
    this.wrong = wrong;
  }
}

const nothingImported = (failed: number, total: number): string => `${failed} of ${total} rows are wrong, so nothing was imported`;

/** Imports rows that were checked and kept when they came. */
export const createImportRows = <T extends KeptRow>({ now, batch }: BulkDeps, write: WriteRows<T>): BulkKind => {
  const batches = Math.max(1, Math.floor(batch / ROWS_PER_BATCH));

  /** The next rows, in the transaction that counts them. */
  const goOn: BulkKind['batch'] = async (tx, action) => {
    const rows = await takeBatches<T>(tx, action, batches);
    const wrong = rows.length > 0 ? await write(tx, action, rows) : [];
    await insertRowErrors(tx, action, wrong);
    const done = action.done + rows.length;
    const finished = done === action.total;
    const status = finished ? 'DONE' : 'IN_PROGRESS';
    await writeProgress(tx, action, { status, done, failed: action.failed + wrong.length }, now());
    return { done, total: action.total, finished };
  };

  /** All rows in one transaction; where one is wrong, everything is looked at nevertheless, so that each that is wrong is told. */
  const allOrNothing: BulkKind['batch'] = async (tx, action) => {
    if (action.failed > 0) throw new DomainError('invalid_payload', nothingImported(action.failed, action.total));
    const { total } = action;
    try {
      await tx.savepoint(async (inner) => {
        const wrong: RowError[] = [];
        for (
          let rows = await takeBatches<T>(inner, action, batches);
          rows.length > 0;
          rows = await takeBatches<T>(inner, action, batches)
        ) {
          wrong.push(...(await write(inner, action, rows)));
        }
        if (wrong.length > 0) throw new NotAll(wrong);
      });
    } catch (error) {
      if (!(error instanceof NotAll)) throw error;
      const { wrong } = error;
      await insertRowErrors(tx, action, wrong);
      await dropBatches(tx, action);
      const failed = wrong.length;
      await writeProgress(tx, action, { status: 'FAILED', done: failed, failed, error: nothingImported(failed, total) }, now());
      return { done: failed, total, finished: true };
    }
    await writeProgress(tx, action, { status: 'DONE', done: total }, now());
    return { done: total, total, finished: true };
  };

  return {
    batch: (tx, action) => (action.request['all_or_nothing'] === true ? allOrNothing : goOn)(tx, action),
    failed: (tx, action) => dropBatches(tx, action),
  };
};
