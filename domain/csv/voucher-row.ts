import { columnKey, json, number, plainText, time, truth, type Cells } from './cells.ts';

type Body = Record<string, unknown>;
type Put = (body: Body, cell: string) => void;

const at =
  (name: string, read: (cell: string) => unknown = plainText): Put =>
  (body, cell) => {
    body[name] = read(cell);
  };

const within =
  (outer: string, name: string, read: (cell: string) => unknown): Put =>
  (body, cell) => {
    body[outer] = { ...(body[outer] as Body | undefined), [name]: read(cell) };
  };

/** Redemptions are a ledger: that some happened elsewhere cannot be told by a number. */
const onlyZero =
  (column: string): Put =>
  (body, cell) => {
    if (Number(cell) !== 0) body[column] = number(cell);
  };

const nothing: Put = () => {};

/** What each column says, by its key; what is not here is metadata. Names are those of Voucherify's files and of our own exports. */
const COLUMNS: Record<string, Put> = {
  code: at('code'),
  vouchertype: at('type'),
  type: at('type'),
  value: at('value', number),
  discounttype: at('discount_type'),
  discountamountlimit: at('discount_amount_limit', number),
  discountunittype: at('discount_unit_type'),
  discounteffect: at('discount_effect'),
  discountuniteffect: at('discount_effect'),
  category: at('category'),
  startdate: at('start_date', time),
  expirationdate: at('expiration_date', time),
  redemptionlimit: within('redemption', 'quantity', number),
  redemptionquantity: within('redemption', 'quantity', number),
  active: at('active', truth),
  additionalinfo: at('additional_info'),
  metadata: at('metadata', json),
  redeemedquantity: onlyZero('redeemed_quantity'),
  redeemedamount: onlyZero('redeemed_amount'),
  redemptioncount: onlyZero('redemption_count'),
  giftbalance: nothing,
  id: nothing,
  object: nothing,
  campaign: nothing,
  campaignid: nothing,
  customerid: nothing,
  customersourceid: nothing,
  isreferralcode: nothing,
  createdat: nothing,
  updatedat: nothing,
};

/** The discount that value and type say; a gift card's value is its amount. */
const worth = ({ type, value, discount_type, discount_amount_limit, discount_unit_type, discount_effect }: Body): Body => {
  if (type === 'GIFT_VOUCHER') return value === undefined ? {} : { gift: { amount: value } };
  if (value === undefined && discount_type === undefined) return {};
  const kind = typeof discount_type === 'string' ? discount_type.toUpperCase() : undefined;
  const effect = discount_effect === undefined ? {} : { effect: discount_effect };
  if (kind === 'PERCENT') {
    const limit = discount_amount_limit === undefined ? {} : { amount_limit: discount_amount_limit };
    return { discount: { type: kind, percent_off: value, ...limit, ...effect } };
  }
  if (kind === 'FIXED') return { discount: { type: kind, fixed_amount: value, ...effect } };
  if (kind === 'UNIT') return { discount: { type: kind, unit_off: value, unit_type: discount_unit_type, ...effect } };
  return { discount: { type: kind ?? 'AMOUNT', amount_off: value, ...effect } };
};

/** A row as the body that makes the same voucher. Empty cells are left out. */
export const voucherOfRow = (cells: Cells): Body => {
  const told: Body = {};
  const own: Body = {};
  for (const [header, cell] of Object.entries(cells)) {
    if (cell === '') continue;
    const key = columnKey(header);
    if (Object.hasOwn(COLUMNS, key)) COLUMNS[key]!(told, cell);
    else own[header] = plainText(cell);
  }
  const { value: _v, discount_type: _t, discount_amount_limit: _l, discount_unit_type: _u, discount_effect: _e, metadata, ...body } = told;
  const isMap = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata);
  return {
    ...body,
    ...worth(told),
    ...(metadata !== undefined && { metadata }),
    ...(Object.keys(own).length > 0 && (metadata === undefined || isMap) && { metadata: { ...(metadata as Body | undefined), ...own } }),
  };
};
