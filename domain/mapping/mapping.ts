import type { CustomerInput } from '../customer.ts';
import { eventTypeProblem } from '../event-type.ts';
import { createExpressions, ExpressionError, type Expected } from '../expression.ts';
import type { MappingDefinition, MappingRule } from './definition.ts';
import { unstorablePath } from '../webhook/payload.ts';

/** An event that a payload tells of. */
export interface MappedEvent {
  type: string;
  /** What makes it the same event when it is told again; within the source. */
  eventId: string;
  occurredAt: Date;
  /** Null: it is about nobody, or about whoever is known by `email`. */
  customer: CustomerInput | null;
  /** By which a customer is known whom the sender has no id for. */
  email: string | null;
  data: Record<string, unknown>;
  /** Who gets no more mail, and why; without an address, the customer's own. Topic `*` is every one. */
  suppression: { reason: 'bounced' | 'complained' | 'unsubscribed'; email: string | null; topic: string } | null;
}

/** What a post says besides its payload. */
interface PostFacts {
  providerEventId: string;
  headers: Record<string, string>;
  receivedAt: Date;
}

/** What makes an event of a source the same one when it is told again; within the project. */
export const dedupeKeyOf = (sourceId: string, event: Pick<MappedEvent, 'eventId'>): string => `${sourceId} ${event.eventId}`;

/** Why a payload cannot be mapped, in words for the person who mends the mapping. */
export class MappingError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MappingError';
  }
}

export interface Mapping {
  /** @returns the events, in order; none where a rule says to pass it over. Throws MappingError. */
  map: (payload: unknown, facts: PostFacts) => MappedEvent[];
}

type Values = { payload: unknown; headers: Record<string, string>; item: unknown };
/** Reads one field; undefined where it is absent or null. Throws MappingError. */
type Read = (values: Values) => unknown;
type MapItem = (values: Values, facts: PostFacts) => MappedEvent | null;

const expressions = createExpressions({ payload: 'any', headers: 'map', item: 'any' });
const PATH = /^(?:payload|item)(?:\.[A-Za-z_]\w*)*$/;
/** Of one post, which has a megabyte at most. */
const MOST_EVENTS = 5000;
/** The ids of customers and events are keys of indexes. */
const LONGEST_ID = 255;

/** @param field where the expression stands, such as `rules[0].event`, for the message */
const reader = (source: string, expected: Expected, field: string): Read => {
  const compiled = failsAs(field, () => expressions.compile(source, expected));
  // A plain path is walked: it says "absent" where CEL raises an error, and most fields of most mappings are one.
  if (PATH.test(source) && expected !== 'bool') {
    const [root, ...keys] = source.split('.') as ['payload' | 'item', ...string[]];
    return (values) => {
      let value = values[root];
      for (const key of keys) {
        if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
        value = (value as Record<string, unknown>)[key];
      }
      return value ?? undefined;
    };
  }
  return (values) => failsAs(field, () => compiled.evaluate(values)) ?? undefined;
};

const failsAs = <T>(field: string, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    if (error instanceof ExpressionError) throw new MappingError(`${field}: ${error.message}`);
    throw error;
  }
};

const asText = (value: unknown, field: string, longest: number): string | undefined => {
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string' && typeof value !== 'number') throw new MappingError(`${field} is not text`);
  const text = String(value).trim();
  if (text.length > longest) throw new MappingError(`${field} has more than ${longest} characters`);
  return text === '' ? undefined : text;
};

const asMap = (value: unknown, field: string): Record<string, unknown> | undefined => {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new MappingError(`${field} is not a map`);
  return value as Record<string, unknown>;
};

/** NaN where it is no time. */
const milliseconds = (value: unknown): number => {
  // 100,000,000,000 seconds is the year 5138, as milliseconds it is 1973.
  if (typeof value === 'number') return value < 1e11 ? value * 1000 : value;
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value) ? Date.parse(value) : Number.NaN;
};

/** A sender's clock may run ahead; nothing has happened later than we heard of it, and a journey that believed it would wait for the past. */
const asTime = (value: unknown, field: string, receivedAt: Date): Date => {
  if (value === undefined || value === '') return receivedAt;
  const time = Math.min(milliseconds(value), receivedAt.getTime());
  if (!(time >= 0)) throw new MappingError(`${field} is not a time in ISO 8601`);
  return new Date(time);
};

const asAddress = (value: unknown, field: string): string | undefined => {
  const email = asText(value, field, 320);
  if (email !== undefined && !/^[^\s@]+@[^\s@]+$/.test(email)) throw new MappingError(`${field} is not an address`);
  return email;
};

const customerReader = (definition: Record<string, string | undefined>, at: string) => {
  const reads = Object.entries(definition).flatMap(([field, source]) =>
    source === undefined ? [] : [[field, reader(source, 'any', `${at}.${field}`)] as const],
  );
  return (values: Values): CustomerInput => {
    const raw = Object.fromEntries(reads.map(([field, read]) => [field, read(values)]));
    const text = (field: string, longest = 255) => asText(raw[field], `customer.${field}`, longest);
    const sourceId = text('source_id', LONGEST_ID);
    if (sourceId === undefined) throw new MappingError('customer.source_id is missing: nothing says which customer this is about');
    const [firstName, lastName] = [text('first_name'), text('last_name')];
    // Templates speak of {{customer.first_name}}, lists of the name: so both are kept.
    const names = { ...(firstName && { first_name: firstName }), ...(lastName && { last_name: lastName }) };
    const metadata = { ...asMap(raw.metadata, 'customer.metadata'), ...names };
    return {
      sourceId,
      email: asAddress(raw.email, 'customer.email'),
      name: text('name') ?? ([firstName, lastName].filter(Boolean).join(' ') || undefined),
      phone: text('phone'),
      timezone: text('timezone'),
      locale: text('locale'),
      metadata: Object.keys(metadata).length > 0 ? metadata : undefined,
    };
  };
};

/** Reads whom a rule's event is about: a customer by the sender's id, or the address by which one is known. */
const subjectReader = (definition: MappingRule['customer'], at: string): ((values: Values) => Pick<MappedEvent, 'customer' | 'email'>) => {
  if (definition === null) return () => ({ customer: null, email: null });
  if (definition.source_id !== undefined) {
    const customerOf = customerReader(definition, `${at}.customer`);
    return (values) => ({ customer: customerOf(values), email: null });
  }
  const emailOf = reader(definition.email as string, 'any', `${at}.customer.email`);
  return (values) => {
    const email = asAddress(emailOf(values), 'customer.email');
    if (email === undefined) throw new MappingError('customer.email is missing: nothing says which customer this is about');
    return { customer: null, email };
  };
};

const suppressionReader = (
  definition: MappingRule['suppress'],
  at: string,
): ((values: Values, email: string | null) => MappedEvent['suppression']) => {
  if (definition === undefined) return () => null;
  const emailOf = definition.email === undefined ? null : reader(definition.email, 'any', `${at}.suppress.email`);
  const topicOf = definition.topic === undefined ? null : reader(definition.topic, 'any', `${at}.suppress.topic`);
  return (values, email) => ({
    reason: definition.reason,
    email: (emailOf === null ? undefined : asAddress(emailOf(values), 'suppress.email')) ?? email,
    topic: (topicOf === null ? undefined : asText(topicOf(values), 'suppress.topic', 100)) ?? '*',
  });
};

const ruleMapper = (rule: MappingDefinition['rules'][number], at: string): { fits: (values: Values) => boolean; map: MapItem } => {
  const when = rule.when === undefined ? null : reader(rule.when, 'bool', `${at}.when`);
  const fits = (values: Values) => when === null || when(values) === true;
  if ('ignore' in rule) return { fits, map: () => null };
  const optional = (source: string | undefined, field: string): Read =>
    source === undefined ? () => undefined : reader(source, 'any', `${at}.${field}`);
  const event = reader(rule.event, 'string', `${at}.event`);
  const eventId = optional(rule.event_id, 'event_id');
  const occurredAt = optional(rule.occurred_at, 'occurred_at');
  const properties = optional(rule.properties, 'properties');
  const subjectOf = subjectReader(rule.customer, at);
  const suppressionOf = suppressionReader(rule.suppress, at);
  return {
    fits,
    map: (values, facts) => {
      const type = asText(event(values), 'event', 100);
      if (type === undefined) throw new MappingError('event is missing: nothing says what happened');
      const problem = eventTypeProblem(type);
      if (problem) throw new MappingError(`event: ${JSON.stringify(type)} ${problem}`);
      const subject = subjectOf(values);
      const mapped: MappedEvent = {
        type,
        eventId: asText(eventId(values), 'event_id', LONGEST_ID) ?? facts.providerEventId,
        occurredAt: asTime(occurredAt(values), 'occurred_at', facts.receivedAt),
        ...subject,
        data: asMap(properties(values), 'properties') ?? {},
        suppression: suppressionOf(values, subject.email ?? subject.customer?.email ?? null),
      };
      const bad =
        unstorablePath(mapped.customer, 'customer') ??
        unstorablePath(mapped.email, 'customer.email') ??
        unstorablePath(mapped.data, 'properties') ??
        unstorablePath(mapped.suppression, 'suppress') ??
        unstorablePath(mapped.eventId, 'event_id');
      if (bad) throw new MappingError(`${bad} holds characters that are not text`);
      return mapped;
    },
  };
};

/** Checks and compiles a mapping. Throws MappingError, with the place of what does not compile. */
export const compileMapping = (definition: MappingDefinition): Mapping => {
  const each = definition.each === undefined ? null : reader(definition.each, 'any', 'each');
  const rules = definition.rules.map((rule, index) => ruleMapper(rule, `rules[${index}]`));

  const items = (payload: unknown, headers: Record<string, string>): unknown[] => {
    if (each === null) return [payload];
    const list = each({ payload, headers, item: payload });
    if (!Array.isArray(list)) throw new MappingError('each is not a list');
    if (list.length > MOST_EVENTS) throw new MappingError(`each has more than ${MOST_EVENTS} entries`);
    return list;
  };

  return {
    map: (payload, facts) =>
      items(payload, facts.headers).flatMap((item, index) => {
        const values = { payload, headers: facts.headers, item };
        const rule = rules.find((candidate) => candidate.fits(values));
        if (!rule) throw new MappingError('no rule of the mapping fits this payload');
        // Events of a batch share the post's id, so each one's place tells them apart.
        const own = each === null ? facts : { ...facts, providerEventId: `${facts.providerEventId}#${index}` };
        return rule.map(values, own) ?? [];
      }),
  };
};
