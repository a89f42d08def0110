import { columnKey, number, plainText, type Cells } from './cells.ts';
import { voucherOfRow } from './voucher-row.ts';

/** Columns of a loyalty card beside those of every voucher: what it has, and whose it is. */
const CUSTOMER: Record<string, string> = {
  customersourceid: 'source_id',
  customername: 'name',
  customeremail: 'email',
  customerphone: 'phone',
};
/** What is left, as exports call it, goes before what ever came; `value` is how vouchers' files call that. */
const POINTS = ['loyaltybalance', 'loyaltypoints', 'value'];

/** A row as the body of a loyalty card, and of the member whose it is. Empty cells are left out. */
export const cardOfRow = (cells: Cells): Record<string, unknown> => {
  const said = Object.entries(cells).filter(([, cell]) => cell !== '');
  const byKey = new Map(said.map(([header, cell]) => [columnKey(header), cell]));
  const points = POINTS.map((key) => byKey.get(key)).find((cell) => cell !== undefined);
  const customer = Object.entries(CUSTOMER).flatMap(([key, field]) => (byKey.has(key) ? [[field, plainText(byKey.get(key)!)]] : []));
  const others = said.filter(([header]) => !POINTS.includes(columnKey(header)) && !(columnKey(header) in CUSTOMER));
  return {
    ...voucherOfRow(Object.fromEntries(others)),
    ...(points !== undefined && { loyalty_card: { points: number(points) } }),
    ...(customer.length > 0 && { customer: Object.fromEntries(customer) as Record<string, unknown> }),
  };
};
