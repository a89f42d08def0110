import type { FieldProblem } from './errors.ts';
import { isRecord } from './record.ts';

export const METADATA_OBJECTS = [
  'campaign',
  'customer',
  'earning_rule',
  'order',
  'order_item',
  'product',
  'promotion_tier',
  'publication',
  'redemption',
  'reward',
  'loyalty_tier',
  'voucher',
] as const;
export type MetadataObject = (typeof METADATA_OBJECTS)[number];

export const PROPERTY_TYPES = ['string', 'number', 'boolean', 'date', 'datetime', 'image_url', 'geopoint', 'object'] as const;
type PropertyType = (typeof PROPERTY_TYPES)[number];

/** What one field of metadata must be, as the API writes it. */
export interface MetadataProperty {
  type: PropertyType;
  array?: boolean;
  /** A field that is not optional must be there. */
  optional?: boolean;
  /** A field that is deleted is not looked at. */
  deleted?: boolean;
  eq?: (string | number)[];
  ne?: (string | number)[];
  lt?: number;
  lte?: number;
  gt?: number;
  gte?: number;
  minLength?: number;
  maxLength?: number;
  exactLength?: number;
}

export interface MetadataRules {
  properties: Record<string, MetadataProperty>;
  /** Whether a field that the schema does not name is refused. */
  allowDefinedOnly: boolean;
}

/** The day that a text stands for; 30 February is the one after. */
const isoDay = (text: string): string | null => {
  const at = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(at) ? null : new Date(at).toISOString().slice(0, 10);
};

const isDay = (value: unknown): boolean => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && isoDay(value) === value;

const DATETIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;
const isDatetime = (value: unknown): boolean =>
  typeof value === 'string' && DATETIME.test(value) && isDay(value.slice(0, 10)) && !Number.isNaN(Date.parse(value));

const isWebUrl = (value: unknown): boolean =>
  typeof value === 'string' && URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol);

const isWithin = (value: unknown, limit: number): boolean => typeof value === 'number' && Math.abs(value) <= limit;

const isGeopoint = (value: unknown): boolean => isRecord(value) && isWithin(value['lat'], 90) && isWithin(value['lng'], 180);

const KINDS: Record<PropertyType, { is: (value: unknown) => boolean; must: string }> = {
  string: { is: (value) => typeof value === 'string', must: 'must be a text' },
  number: { is: (value) => typeof value === 'number' && Number.isFinite(value), must: 'must be a number' },
  boolean: { is: (value) => typeof value === 'boolean', must: 'must be true or false' },
  date: { is: isDay, must: 'must be a day, such as 2026-01-31' },
  datetime: { is: isDatetime, must: 'must be a time with its offset, such as 2026-01-31T12:00:00Z' },
  image_url: { is: isWebUrl, must: 'must be an http(s) address' },
  geopoint: { is: isGeopoint, must: 'must be {"lat": …, "lng": …}' },
  object: { is: isRecord, must: 'must be an object' },
};

/** One check for each limit of a property. @returns what is wrong, or null */
const LIMITS: ((property: MetadataProperty, value: unknown) => string | null)[] = [
  ({ eq }, value) => (eq?.length && !eq.includes(value as never) ? `must be one of ${eq.join(', ')}` : null),
  ({ ne }, value) => (ne?.includes(value as never) ? `must not be one of ${ne.join(', ')}` : null),
  ({ lt }, value) => (lt !== undefined && typeof value === 'number' && value >= lt ? `must be less than ${lt}` : null),
  ({ lte }, value) => (lte !== undefined && typeof value === 'number' && value > lte ? `must be at most ${lte}` : null),
  ({ gt }, value) => (gt !== undefined && typeof value === 'number' && value <= gt ? `must be more than ${gt}` : null),
  ({ gte }, value) => (gte !== undefined && typeof value === 'number' && value < gte ? `must be at least ${gte}` : null),
  ({ minLength: min }, value) =>
    min !== undefined && typeof value === 'string' && value.length < min ? `must have at least ${min} characters` : null,
  ({ maxLength: max }, value) =>
    max !== undefined && typeof value === 'string' && value.length > max ? `must have at most ${max} characters` : null,
  ({ exactLength: exact }, value) =>
    exact !== undefined && typeof value === 'string' && value.length !== exact ? `must have ${exact} characters` : null,
];

const valueProblem = (property: MetadataProperty, value: unknown): string | null => {
  const kind = KINDS[property.type];
  if (!kind.is(value)) return kind.must;
  for (const limit of LIMITS) {
    const problem = limit(property, value);
    if (problem !== null) return problem;
  }
  return null;
};

const propertyProblems = (property: MetadataProperty, value: unknown, path: string): FieldProblem[] => {
  if (!property.array) {
    const message = valueProblem(property, value);
    return message === null ? [] : [{ path, message }];
  }
  if (!Array.isArray(value)) return [{ path, message: 'must be a list' }];
  return value.flatMap((each, index) => {
    const message = valueProblem(property, each);
    return message === null ? [] : [{ path: `${path}[${index}]`, message }];
  });
};

/**
 * Every field of metadata that is not as its schema says. null counts as not there.
 * @param path where the metadata stands, such as `order.metadata`
 * @param partial whether it is merged into what is known, so that what is left out stays
 */
export const metadataProblems = (
  { properties, allowDefinedOnly }: MetadataRules,
  metadata: Readonly<Record<string, unknown>>,
  path: string,
  partial = false,
): FieldProblem[] => {
  const problems: FieldProblem[] = [];
  for (const [name, property] of Object.entries(properties)) {
    if (property.deleted) continue;
    const given = Object.hasOwn(metadata, name);
    const value = given ? metadata[name] : undefined;
    if (value !== undefined && value !== null) problems.push(...propertyProblems(property, value, `${path}.${name}`));
    else if (property.optional === false && (given || !partial)) problems.push({ path: `${path}.${name}`, message: 'must be given' });
  }
  if (allowDefinedOnly)
    for (const name of Object.keys(metadata))
      if (!Object.hasOwn(properties, name) || properties[name]!.deleted)
        problems.push({ path: `${path}.${name}`, message: 'is not a field that the metadata schema names' });
  return problems;
};
