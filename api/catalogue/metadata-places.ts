import type { MetadataObject } from '../../domain/metadata-schema.ts';
import { isRecord } from '../../domain/record.ts';

/**
 * Where a request carries metadata, and whether fields that must be there are missed: `made` even where no metadata was sent, `given` where
 * some was, `merged` never, since what is left out stays as it is.
 */
export interface MetadataPlace {
  of: MetadataObject;
  /** Path in the body; `[]` stands for every item of a list. */
  path: string;
  how: 'made' | 'given' | 'merged';
}

const place = (of: MetadataObject, path: string, how: MetadataPlace['how'] = 'given'): MetadataPlace => ({ of, path, how });

const customer = place('customer', 'customer.metadata', 'merged');

const checkout = [
  place('redemption', 'metadata'),
  place('order', 'order.metadata'),
  place('order_item', 'order.items[].metadata'),
  customer,
];
const question = checkout.slice(1);
const publication = [place('publication', 'metadata'), customer];
const order = [place('order_item', 'items[].metadata'), customer];

/** Every route that takes metadata, by method and path. */
export const METADATA_PLACES: Readonly<Record<string, readonly MetadataPlace[]>> = {
  'POST /v1/customers': [place('customer', 'metadata')],
  'POST /client/v1/customers': [place('customer', 'metadata')],
  'PUT /v1/customers/{id}': [place('customer', 'metadata', 'merged')],
  'POST /v1/events': [customer],
  'POST /client/v1/events': [customer],
  'POST /v1/vouchers': [place('voucher', 'metadata', 'made')],
  'POST /v1/vouchers/{code}': [place('voucher', 'metadata', 'made')],
  'PUT /v1/vouchers/{code}': [place('voucher', 'metadata')],
  'POST /v1/products/{id}/skus': [place('product', 'metadata')],
  'PUT /v1/products/{id}/skus/{sku}': [place('product', 'metadata')],
  'POST /v1/campaigns': [place('campaign', 'metadata', 'made'), place('promotion_tier', 'promotion.tiers[].metadata', 'made')],
  'PUT /v1/campaigns/{id}': [place('campaign', 'metadata')],
  'POST /v1/campaigns/{id}/vouchers': [place('voucher', 'metadata')],
  'POST /v1/campaigns/{id}/vouchers/{code}': [place('voucher', 'metadata')],
  'POST /v1/publications': publication,
  'POST /v1/validations': question,
  'POST /v1/vouchers/{code}/validate': question,
  'POST /client/v1/validations': question,
  'POST /v1/qualifications': question,
  'POST /client/v1/qualifications': question,
  'POST /v1/vouchers/qualification': question,
  'POST /v1/campaigns/qualification': question,
  'POST /v1/redemptions': checkout,
  'POST /v1/vouchers/{code}/redemption': checkout,
  'POST /v1/loyalties/{campaign}/members/{member}/redemption': checkout.slice(0, 3),
  'POST /v1/loyalties/members/{member}/redemption': checkout.slice(0, 3),
  'POST /client/v1/redemptions': checkout,
  'POST /client/v1/redeem': checkout,
  'POST /v1/redemptions/{id}/rollback': [customer],
  'POST /v1/redemptions/{id}/rollbacks': [customer],
  'POST /v1/orders': [place('order', 'metadata', 'made'), ...order],
  'PUT /v1/orders/{id}': [place('order', 'metadata', 'merged'), ...order],
  'POST /v1/orders/import': [
    place('order', '[].metadata', 'made'),
    place('order_item', '[].items[].metadata'),
    place('customer', '[].customer.metadata', 'merged'),
  ],
  'POST /v1/products': [place('product', 'metadata', 'made')],
  'PUT /v1/products/{id}': [place('product', 'metadata')],
  'POST /v1/rewards': [place('reward', 'metadata', 'made')],
  'PUT /v1/rewards/{id}': [place('reward', 'metadata')],
  'POST /v1/loyalties': [place('campaign', 'metadata', 'made')],
  'PUT /v1/loyalties/{campaign}': [place('campaign', 'metadata')],
  'POST /v1/loyalties/{campaign}/members': publication,
  'POST /v1/loyalties/{campaign}/earning-rules': [place('earning_rule', '[].metadata', 'made'), place('earning_rule', 'metadata')],
  'PUT /v1/loyalties/{campaign}/earning-rules/{rule}': [place('earning_rule', 'metadata')],
  'POST /v1/loyalties/{campaign}/tiers': [place('loyalty_tier', '[].metadata', 'made')],
  'PUT /v1/loyalties/{campaign}/tiers/{tier}': [place('loyalty_tier', 'metadata')],
  'POST /v1/promotions/{campaign}/tiers': [place('promotion_tier', 'metadata', 'made')],
  'PUT /v1/promotions/tiers/{id}': [place('promotion_tier', 'metadata')],
  'POST /v1/promotions/tiers/{id}/redemption': checkout,
  'POST /v1/promotions/validation': question,
};

/** What stands at a path of a body, each with the path that leads to it. What holds it and is not there is left out. */
export const valuesAt = (body: unknown, path: string): { path: string; value: unknown }[] => {
  let found = [{ path: '', value: body }];
  for (const step of path.split('.')) {
    const name = step.replace('[]', '');
    if (name !== '')
      found = found.flatMap((each) =>
        isRecord(each.value) ? [{ path: each.path === '' ? name : `${each.path}.${name}`, value: each.value[name] }] : [],
      );
    if (step.endsWith('[]'))
      found = found.flatMap(({ path: at, value }) =>
        Array.isArray(value) ? value.map((item: unknown, index) => ({ path: `${at}[${index}]`, value: item })) : [],
      );
  }
  return found;
};
