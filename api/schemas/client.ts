import { z } from 'zod';
import { SESSION_UNITS } from '../../domain/checkout/session.ts';
import { name, text } from './fields.ts';
import { redeemablesBody, singleBody } from './redeemable.ts';
import { applicableList } from './applicable-to.ts';
import { discountSchema } from './discount.ts';
import { orderSchema } from './order.ts';
import { promotionValidationBody } from './promotion-checkout.ts';

/** A whole number as a query carries it. What is none stays as it came, and is then refused. */
const whole = z.preprocess(
  (value) => (typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value),
  z.int().meta({ description: 'A whole number' }),
);

const texts = z.record(z.string(), z.unknown());

const item = z.strictObject({
  source_id: name.optional(),
  product_id: name.optional(),
  sku_id: name.optional(),
  related_object: z.enum(['product', 'sku']).optional(),
  quantity: whole.optional(),
  price: whole.optional(),
  amount: whole.optional(),
  product: texts.optional(),
  sku: texts.optional(),
  metadata: texts.optional(),
});

/** SDKs send a customer without a name where they know none. */
const isNamed = (customer: unknown): boolean =>
  typeof customer === 'object' && customer !== null && ('source_id' in customer || 'id' in customer);

const withoutNameless = (told: unknown): unknown => {
  if (typeof told !== 'object' || told === null || !('customer' in told) || isNamed(told.customer)) return told;
  const { customer: _, ...rest } = told;
  return rest;
};

/** `?code&amount&item[0][product_id]=…` as the body that asks the same. */
const asked = {
  amount: whole.optional().meta({ description: 'Of the order, in minor units' }),
  item: z.array(item).max(100).optional().meta({ description: 'item[0][product_id]=…&item[0][quantity]=…' }),
  order: z.strictObject({ metadata: texts.optional() }).optional(),
  customer: z.strictObject({ id: name.optional(), source_id: name.optional(), metadata: texts.optional() }).optional(),
  metadata: texts.optional(),
  tracking_id: text().optional(),
};

const lock = {
  session_type: z.literal('LOCK').optional(),
  session_key: text().optional(),
  session_ttl: whole.optional(),
  session_ttl_unit: z.enum(SESSION_UNITS).optional(),
};

const askedQuery = z.strictObject(asked);

/** The order, the customer and what else the query says, as a body does. */
const told = ({ amount, item: items, order, customer, metadata, tracking_id }: z.output<typeof askedQuery>) => ({
  ...((amount !== undefined || items || order) && { order: { amount, items, metadata: order?.metadata } }),
  ...(isNamed(customer) && { customer }),
  ...(metadata && { metadata }),
  ...(tracking_id !== undefined && { tracking_id }),
});

export const clientValidateQuery = z
  .strictObject({ code: name, ...asked, ...lock })
  .transform(({ code, session_type: type, session_key: key, session_ttl: ttl, session_ttl_unit: ttl_unit, ...query }) => {
    const body = {
      redeemables: [{ object: 'voucher', id: code }],
      ...told(query),
      ...(type && { session: { type, key, ttl, ttl_unit } }),
    };
    // What the body may hold, its own schema says.
    return body as z.input<typeof redeemablesBody>;
  })
  .pipe(redeemablesBody);

/** The same without a code: which promotions apply. Nothing is held for a session. */
export const clientPromotionsQuery = askedQuery
  .transform((query) => told(query) as z.input<typeof promotionValidationBody>)
  .pipe(promotionValidationBody);

export const clientRedeemQuery = z.strictObject({ code: name });

export const clientRedeemBody = z.preprocess(withoutNameless, singleBody);

const reason = z.looseObject({ key: z.string(), message: z.string() });

export const clientValidationSchema = z
  .looseObject({
    valid: z.boolean(),
    code: z.string(),
    discount: discountSchema.optional(),
    order: orderSchema.optional(),
    applicable_to: applicableList.optional(),
    inapplicable_to: applicableList.optional(),
    tracking_id: z.string(),
    error: reason.optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'ClientValidation' });
