import type { Tx } from '../../db/client.ts';
import type { SetEvent } from '../../db/event/events.ts';
import { lockOrders, writeOrders } from '../../db/orders.ts';
import type { NewRollback } from '../../db/checkout/redemptions.ts';
import { takeBackDiscounts } from '../../domain/order/order.ts';
import { orderEvents } from '../redemption/kept-orders.ts';

export interface OrderRollback {
  at: Date;
  /** Whether the sale stays what it was: what was taken of its lines still counts. */
  kept: boolean;
  /** What a sandbox has forwarded a customer by, in milliseconds. */
  clockOf: (customerId: string | null) => number;
}

const orderIdOf = ({ of }: NewRollback): string[] => (typeof of.order?.['id'] === 'string' ? [of.order['id']] : []);

/** Marks redemptions that are taken back in their orders; the vouchers are locked. @returns what is to be told of it */
export const takeBackOfOrders = async (
  tx: Tx,
  projectId: string,
  rollbacks: readonly NewRollback[],
  { at, kept, clockOf }: OrderRollback,
): Promise<SetEvent[]> => {
  const ids = rollbacks.flatMap(orderIdOf);
  if (ids.length === 0) return [];
  const orders = await lockOrders(tx, projectId, [...new Set(ids)]);
  if (orders.length === 0) return [];
  const byRedemption = new Map(rollbacks.map((rollback) => [rollback.of.id, rollback.id]));
  const changed = orders.map((order) => ({ before: order, after: takeBackDiscounts(order, byRedemption, { at, kept }) }));
  await writeOrders(
    tx,
    projectId,
    changed.map(({ after }) => after),
  );
  return changed.flatMap(({ before, after }) =>
    orderEvents(before, after, new Date(at.getTime() + clockOf(after.customerId)).toISOString()),
  );
};
