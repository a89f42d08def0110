import type { Tx } from '../../db/client.ts';
import { findOrder } from '../../db/orders.ts';
import { DomainError, type FieldProblem } from '../../domain/errors.ts';
import { createOrder, updateOrder, type ToldOrder } from '../order/orders.ts';
import type { RollbackDeps } from '../rollback/rollback.ts';
import type { WriteRows } from './import-rows.ts';

export const ORDERS_IMPORT = 'ORDERS_IMPORT';

/** An order to import, as it is kept. */
export interface OrderRow {
  line: number;
  apiKeyId: string;
  order: ToldOrder;
}

const problemsOf = ({ message, details, fields }: DomainError): FieldProblem[] =>
  fields.length > 0 ? fields : [{ path: '', message: details || message }];

/** Makes orders, and changes those that exist as told. One that is refused keeps itself out only. */
export const createWriteOrders =
  (deps: RollbackDeps): WriteRows<OrderRow> =>
  async (tx, action, rows) => {
    const wrong: { line: number; errors: FieldProblem[] }[] = [];
    for (const { line, apiKeyId, order } of rows) {
      const caller = { projectId: action.projectId, apiKeyId };
      const write = async (inner: Tx): Promise<void> => {
        const known = order.sourceId === null ? null : await findOrder(inner, action.projectId, order.sourceId);
        await (known ? updateOrder(inner, caller, known.id, order, deps) : createOrder(inner, caller, order, deps.now()));
      };
      try {
        await tx.savepoint((inner) => write(inner as unknown as Tx));
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        wrong.push({ line, errors: problemsOf(error) });
      }
    }
    return wrong;
  };
