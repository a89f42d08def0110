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
    metadata: 'anything',
  },
  coupon: COUPON,
  coupons: { '*': COUPON },
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
