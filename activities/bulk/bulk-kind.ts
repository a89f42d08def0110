import type { AsyncAction } from '../../db/bulk/async-actions.ts';
import type { Tx } from '../../db/client.ts';

export interface BulkProgress {
  done: number;
  total: number;
  finished: boolean;
}

/** One kind of work that a request asks for and does not wait for. */
export interface BulkKind {
  /**
   * Does one batch of an action that is locked, and writes how far it has come in the same transaction, so that a worker that is killed
   * leaves neither gaps nor duplicates.
   * @throws DomainError where it can never be done
   */
  batch: (tx: Tx, action: AsyncAction) => Promise<BulkProgress>;
  /** Tells in the transaction that ends it that it can never be done; the batches before stay. */
  failed?: (tx: Tx, action: AsyncAction, error: string) => Promise<void>;
}

export interface BulkDeps {
  now: () => Date;
  /** A cryptographically secure source. */
  randomBytes: (n: number) => Uint8Array;
  /** Rows of one transaction. */
  batch: number;
}
