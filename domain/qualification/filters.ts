import type { VoucherState } from '../voucher/validity.ts';
import type { Offer } from './offer.ts';

export const FILTER_FIELDS = ['category_id', 'campaign_id', 'resource_id', 'resource_type', 'voucher_type', 'code'] as const;
type FilterField = (typeof FILTER_FIELDS)[number];

/** What a field must be, as the API writes it. Texts by operator. */
interface FilterConditions {
  $in?: readonly string[];
  $not_in?: readonly string[];
  $is?: readonly string[];
  $is_not?: readonly string[];
  $has_value?: unknown;
  $is_unknown?: unknown;
}

export interface OfferFilters {
  junction: 'AND' | 'OR';
  fields: Partial<Record<FilterField, FilterConditions>>;
}

const typeOf = ({ gift, card }: VoucherState): string => (card ? 'LOYALTY_CARD' : gift ? 'GIFT_VOUCHER' : 'DISCOUNT_VOUCHER');

/** What an offer has of a field. */
const VALUES: Record<FilterField, (offer: Offer) => string[]> = {
  category_id: ({ parts }) => parts.flatMap(({ redeemable }) => redeemable.categories.flatMap(({ id, name }) => [id, name])),
  campaign_id: ({ parts }) => parts.flatMap(({ redeemable }) => redeemable.campaign?.id ?? []),
  resource_id: ({ id, parts }) => [id, ...parts.map(({ redeemable }) => redeemable.id)],
  resource_type: ({ object }) => [object],
  voucher_type: ({ parts }) => parts.flatMap(({ redeemable }) => (redeemable.object === 'voucher' ? [typeOf(redeemable)] : [])),
  code: ({ object, id }) => (object === 'voucher' ? [id] : []),
};

const meets = (values: readonly string[], { $in, $not_in, $is, $is_not, $has_value, $is_unknown }: FilterConditions): boolean => {
  const has = (wanted: readonly string[]): boolean => wanted.some((each) => values.includes(each));
  return (
    ($in === undefined || has($in)) &&
    ($is === undefined || has($is)) &&
    ($not_in === undefined || !has($not_in)) &&
    ($is_not === undefined || !has($is_not)) &&
    ($has_value === undefined || values.length > 0) &&
    ($is_unknown === undefined || values.length === 0)
  );
};

const EVERY = (): boolean => true;

/** Whether an offer is one of those that are asked for. */
export const filterOf = ({ junction, fields }: OfferFilters): ((offer: Offer) => boolean) => {
  const asked = Object.entries(fields) as [FilterField, FilterConditions][];
  if (asked.length === 0) return EVERY;
  return (offer) => {
    const passes = ([field, conditions]: (typeof asked)[number]): boolean => meets(VALUES[field](offer), conditions);
    return junction === 'AND' ? asked.every(passes) : asked.some(passes);
  };
};
