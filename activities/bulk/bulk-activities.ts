import { Context } from '@temporalio/activity';
import { lockAsyncAction, writeProgress } from '../../db/bulk/async-actions.ts';
import type { Sql, Tx } from '../../db/client.ts';
import { withRetries } from '../../db/delivery/retries.ts';
import { DomainError } from '../../domain/errors.ts';
import type { AsyncActionInput } from '../../workflows/contracts.ts';
import type { BulkDeps, BulkKind, BulkProgress } from './bulk-kind.ts';
import { createVoucherStates } from '../checkout/voucher-states.ts';
import { createChangeVoucherMetadata, VOUCHERS_METADATA } from './change-voucher-metadata.ts';
import { createExportRows, EXPORT } from './export-rows.ts';
import { CUSTOMERS_IMPORT, createWriteCustomers } from './import-customers.ts';
import { createWriteLoyaltyCards, LOYALTY_CARDS_IMPORT } from './import-loyalty-cards.ts';
import { createWriteOrders, ORDERS_IMPORT } from './import-orders.ts';
import { createWriteProducts, createWriteSkus, PRODUCTS_IMPORT, SKUS_IMPORT } from './import-products.ts';
import { createImportRows } from './import-rows.ts';
import { VOUCHERS_IMPORT, writeVouchers } from './import-vouchers.ts';
import { CAMPAIGN_VOUCHERS_GENERATE, createMakeVouchers } from './make-vouchers.ts';

export type BulkActivities = ReturnType<typeof createBulkActivities>;

const BATCH = 20_000;
const CUSTOMERS = 1_000;
/** Rows of one piece of a file, which a download holds in memory. */
const EXPORTED = 5_000;
const ORDERS = 500;
const PRODUCTS = 500;
const VOUCHER_CHANGES = 500;
/** How long one activity works before it lets the workflow say how far it is. */
const TURN_MS = 5_000;
const BEAT_MS = 2_000;

/** Every kind, by the type that its action has. */
const createKinds = (deps: BulkDeps): Record<string, BulkKind | undefined> => ({
  [CAMPAIGN_VOUCHERS_GENERATE]: createMakeVouchers(deps),
  [VOUCHERS_IMPORT]: createImportRows(deps, writeVouchers),
  // Each customer is an event too, and may start journeys.
  [CUSTOMERS_IMPORT]: createImportRows({ ...deps, batch: Math.min(deps.batch, CUSTOMERS) }, createWriteCustomers(deps.now)),
  [LOYALTY_CARDS_IMPORT]: createImportRows({ ...deps, batch: Math.min(deps.batch, CUSTOMERS) }, createWriteLoyaltyCards(deps.now)),
  [PRODUCTS_IMPORT]: createImportRows({ ...deps, batch: Math.min(deps.batch, PRODUCTS) }, createWriteProducts(deps.now)),
  [SKUS_IMPORT]: createImportRows({ ...deps, batch: Math.min(deps.batch, PRODUCTS) }, createWriteSkus(deps.now)),
  [VOUCHERS_METADATA]: createImportRows({ ...deps, batch: Math.min(deps.batch, VOUCHER_CHANGES) }, createChangeVoucherMetadata(deps.now)),
  [EXPORT]: createExportRows({ ...deps, batch: Math.min(deps.batch, EXPORTED) }),
  [ORDERS_IMPORT]: createImportRows(
    { ...deps, batch: Math.min(deps.batch, ORDERS) },
    createWriteOrders({ states: createVoucherStates(), now: deps.now }),
  ),
});

export const createBulkActivities = ({ sql, batch = BATCH, ...deps }: Omit<BulkDeps, 'batch'> & { sql: Sql; batch?: number }) => {
  const kinds = createKinds({ ...deps, batch });

  const doBatch = async (tx: Tx, id: string): Promise<BulkProgress> => {
    const action = await lockAsyncAction(tx, id);
    if (action === null || action.finishedAt !== null) return { done: action?.done ?? 0, total: action?.total ?? 0, finished: true };
    const kind = kinds[action.type];
    // A newer release put it there, and its workers take it up.
    if (!kind) throw new Error(`This release does not know how to do ${action.type}`);
    return kind.batch(tx, action);
  };

  /** Ends what can never be done. */
  const fail = async (tx: Tx, id: string, error: string): Promise<BulkProgress> => {
    const action = (await lockAsyncAction(tx, id))!;
    await writeProgress(tx, action, { status: 'FAILED', done: action.done, error }, deps.now());
    await kinds[action.type]?.failed?.(tx, action, error);
    return { done: action.done, total: action.total, finished: true };
  };

  const nextBatch = async (id: string): Promise<BulkProgress> => {
    try {
      return await withRetries(() => sql.begin((tx) => doBatch(tx, id)));
    } catch (error) {
      if (error instanceof DomainError) return withRetries(() => sql.begin((tx) => fail(tx, id, error.details)));
      throw error;
    }
  };

  /** Works for some seconds, batch by batch. What is committed is counted, so it may be stopped and repeated at any point. */
  const workOnAction = async ({ actionId }: AsyncActionInput): Promise<BulkProgress> => {
    const context = Context.current();
    const until = performance.now() + TURN_MS;
    // However long a batch takes on a slow disk, the worker lives.
    const beating = setInterval(() => context.heartbeat(), BEAT_MS);
    try {
      for (;;) {
        const progress = await nextBatch(actionId);
        context.heartbeat(progress);
        if (progress.finished || performance.now() > until || context.cancellationSignal.aborted) return progress;
      }
    } finally {
      clearInterval(beating);
    }
  };

  // By its former name for workflows that were started by a release before this one.
  return { workOnAction, makeVouchers: workOnAction };
};
