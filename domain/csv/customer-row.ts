import { columnKey, json, plainText, type Cells } from './cells.ts';

type Body = Record<string, unknown>;

/** Columns by their key, and the field that each is; what is not here is metadata. */
const FIELDS: Record<string, string> = {
  sourceid: 'source_id',
  name: 'name',
  email: 'email',
  phone: 'phone',
  description: 'description',
  birthdate: 'birthdate',
  birthday: 'birthdate',
  timezone: 'timezone',
  locale: 'locale',
};

const ADDRESS: Record<string, string> = {
  addresscity: 'city',
  addressstate: 'state',
  addressline1: 'line_1',
  addressline2: 'line_2',
  addresscountry: 'country',
  addresspostalcode: 'postal_code',
};

/** What our exports tell beside. */
const PASSED_OVER = new Set(['id', 'object', 'createdat', 'updatedat', 'unsubscribedat']);

/** A row as the body that makes or changes the same customer. Empty cells are left out, so they change nothing. */
export const customerOfRow = (cells: Cells): Body => {
  const body: Body = {};
  const address: Body = {};
  const own: Body = {};
  for (const [header, cell] of Object.entries(cells)) {
    if (cell === '') continue;
    const key = columnKey(header);
    if (Object.hasOwn(FIELDS, key)) body[FIELDS[key]!] = plainText(cell);
    else if (Object.hasOwn(ADDRESS, key)) address[ADDRESS[key]!] = plainText(cell);
    else if (key === 'metadata') body['metadata'] = json(cell);
    else if (!PASSED_OVER.has(key)) own[header] = plainText(cell);
  }
  if (Object.keys(address).length > 0) body['address'] = address;
  const { metadata } = body;
  const isMap = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata);
  if (Object.keys(own).length > 0 && (metadata === undefined || isMap)) body['metadata'] = { ...(metadata as Body | undefined), ...own };
  return body;
};
