/** What a template may name: a value, anything (its fields are not known beforehand), or an object; `*` is any name. */
export type Shape = 'value' | 'anything' | { [name: string]: Shape };

const COUPON: Shape = {
  id: 'value',
  code: 'value',
  expires_at: 'value',
  campaign: 'value',
  discount: 'anything',
  metadata: 'anything',
};

/** Every variable of a mail. What a customer, an event or a step brings of its own is under metadata, event and data. */
export const TEMPLATE_VARIABLES: { [name: string]: Shape } = {
  customer: {
    id: 'value',
    source_id: 'value',
    name: 'value',
    first_name: 'value',
    email: 'value',
    phone: 'value',
    timezone: 'value',
    locale: 'value',
    description: 'value',
    address: 'anything',
    metadata: 'anything',
  },
  coupon: COUPON,
  coupons: { '*': COUPON },
  /** What webhooks were answered, by the name of `save_as`. */
  answer: { '*': { status: 'value', body: 'anything', at: 'value' } },
  event: 'anything',
  journey: { id: 'value', key: 'value', name: 'value', version: 'value' },
  data: 'anything',
  now: 'value',
  currency: 'value',
  sender: { name: 'value', email: 'value' },
  unsubscribe_url: 'value',
};

/** The shape of a path inside another, or null where there is no such name. */
export const shapeAt = (shape: Shape, path: readonly string[]): Shape | null => {
  let at: Shape = shape;
  for (const name of path) {
    if (at === 'anything') return 'anything';
    if (at === 'value') return null;
    const next: Shape | undefined = Object.hasOwn(at, name) ? at[name] : at['*'];
    if (next === undefined) return null;
    at = next;
  }
  return at;
};

/** What a preview shows where it is given nothing else. */
export const SAMPLE_DATA = {
  customer: {
    id: 'cust_sample',
    source_id: 'crm-42',
    name: 'Ada Lovelace',
    first_name: 'Ada',
    email: 'ada@example.com',
    phone: null,
    timezone: 'Europe/London',
    locale: 'en-GB',
    description: null,
    address: {},
    metadata: {},
  },
  coupon: {
    id: 'v_sample',
    code: 'HELLO-4711',
    expires_at: '2030-01-31T23:59:59.000Z',
    campaign: 'Sample',
    discount: { type: 'PERCENT', percent_off: 10 },
    metadata: {},
  },
  journey: { id: 'jrn_sample', key: 'sample', name: 'Sample', version: 1 },
  now: '2030-01-17T09:00:00.000Z',
};
