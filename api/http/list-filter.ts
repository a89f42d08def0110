import { EXPORT_SOURCES } from '../../db/bulk/exports/sources.ts';
import type { ExportSource } from '../../db/bulk/exports/source.ts';
import { invalidQuery } from '../../domain/errors.ts';
import { checkFilter, type Filter } from '../../domain/filter/filter.ts';
import { isRecord } from '../../domain/record.ts';

/** What the API's lists call the fields of exports besides their own names. */
const NAMES = {
  voucher: {
    campaign_ids: 'campaign_id',
    holder_id: 'customer_id',
    holder_ids: 'customer_id',
    type: 'voucher_type',
    category_ids: 'category',
  },
  redemption: { campaign_name: 'campaign', related_object_id: 'id' },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

/** Values of a query are texts: those of fields that hold numbers are read as such. */
const asNumbers = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(asNumbers);
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
};

const asTruths = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(asTruths) : value === 'true' ? true : value === 'false' ? false : value;

/**
 * The filter of a list: `filters[code][conditions][$in][0]=A&filters[junction]=OR`, over the fields that exports have.
 * @throws DomainError invalid_query_params, which names every field that is wrong
 */
export const listFilter = (asked: Record<string, unknown>, object: keyof typeof NAMES): Filter => {
  const source: ExportSource = EXPORT_SOURCES[object];
  const names: Readonly<Record<string, string>> = NAMES[object];
  const types = Object.fromEntries(Object.entries(source.fields).map(([name, { type }]) => [name, type]));
  for (const [alias, name] of Object.entries(names)) types[alias] = types[name]!;
  const read = (field: string, given: unknown): unknown => {
    if (!isRecord(given) || !isRecord(given['conditions'])) return given;
    const typed = types[field] === 'number' ? asNumbers : types[field] === 'text' ? (value: unknown) => value : asTruths;
    return { ...given, conditions: Object.fromEntries(Object.entries(given['conditions']).map(([name, value]) => [name, typed(value)])) };
  };
  const typed = Object.fromEntries(Object.entries(asked).map(([field, given]) => [field, read(field, given)]));
  const { filter, problems } = checkFilter(typed, types, 'filters');
  if (!filter) throw invalidQuery(problems);
  return { ...filter, terms: filter.terms.map((term) => ({ ...term, field: names[term.field] ?? term.field })) };
};
