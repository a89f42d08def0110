import { describe, expect, test } from 'vitest';
import { compileMapping, MappingError } from '../../../../domain/mapping/mapping.ts';
import { mappingDefinition, standardMapping, type MappingDefinition } from '../../../../domain/mapping/definition.ts';
import { parsePayload } from '../../../../domain/webhook/payload.ts';

const receivedAt = new Date('2030-05-01T12:00:00Z');
const facts = { providerEventId: 'msg_1', headers: { 'x-topic': 'orders' }, receivedAt };
const standard = compileMapping(standardMapping);
const payload = (data: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  type: 'customer.signed_up',
  timestamp: '2030-05-01T11:59:58Z',
  data: { id: 'crm-42', ...data },
  ...more,
});
const mapOne = (value: unknown, definition?: MappingDefinition) => {
  const [event] = (definition ? compileMapping(definition) : standard).map(value, facts);
  if (!event) throw new Error('no event');
  return event;
};

describe('the standard mapping', () => {
  test('makes an event and a customer of a signup', () => {
    const data = {
      id: 'crm-42',
      email: 'ada@example.com',
      first_name: 'Ada',
      last_name: 'Lovelace',
      timezone: 'Europe/Berlin',
      locale: 'de',
    };
    expect(mapOne(payload(data))).toEqual({
      email: null,
      suppression: null,
      type: 'customer.signed_up',
      eventId: 'msg_1',
      occurredAt: new Date('2030-05-01T11:59:58Z'),
      customer: {
        sourceId: 'crm-42',
        email: 'ada@example.com',
        name: 'Ada Lovelace',
        phone: undefined,
        timezone: 'Europe/Berlin',
        locale: 'de',
        metadata: { first_name: 'Ada', last_name: 'Lovelace' },
      },
      data,
    });
  });

  test('leaves out what the payload does not tell, so that nothing known is emptied', () => {
    expect(mapOne(payload({ email: '', first_name: null })).customer).toEqual({ sourceId: 'crm-42' });
  });

  test('takes numbers as ids, also those that no JSON number can hold', () => {
    expect(mapOne(payload({ id: 42 })).customer?.sourceId).toBe('42');
    const body = Buffer.from('{"type":"x.y","data":{"id":90071992547409931234,"n":1.5}}');
    const event = mapOne(parsePayload(body));
    expect(event.customer?.sourceId).toBe('90071992547409931234');
    expect(event.data).toEqual({ id: '90071992547409931234', n: 1.5 });
  });

  test('believes no time that is ahead of ours', () => {
    expect(mapOne(payload({}, { timestamp: '2031-01-01T00:00:00Z' })).occurredAt).toEqual(receivedAt);
    expect(mapOne(payload({}, { timestamp: undefined })).occurredAt).toEqual(receivedAt);
    expect(mapOne(payload({}, { timestamp: 1_950_000_000_000 })).occurredAt).toEqual(receivedAt);
    expect(mapOne(payload({}, { timestamp: 1_800_000_000 })).occurredAt).toEqual(new Date(1_800_000_000_000));
  });

  test.each([
    ['no type', { data: { id: 'c' } }, 'event is missing'],
    ['no customer', { type: 'a.b', data: {} }, 'customer.source_id is missing'],
    ['nothing at all', null, 'event is missing'],
    ['a list', [], 'event is missing'],
    ['a type that only Couponry records', payload({}, { type: 'redemption.succeeded' }), 'only Couponry itself records'],
    ['a type that is no name', payload({}, { type: '<script>' }), 'is 1 to 100 letters'],
    ['an id that is an object', payload({ id: {} }), 'customer.source_id is not text'],
    ['an id that is too long', payload({ id: 'x'.repeat(256) }), 'more than 255'],
    ['an address that is none', payload({ email: 'ada at example' }), 'customer.email is not an address'],
    ['a time that is none', payload({}, { timestamp: 'yesterday' }), 'occurred_at is not a time'],
    ['a NUL', payload({ first_name: 'A\0da' }), 'holds characters that are not text'],
    ['half a surrogate pair', payload({ note: { deep: '\ud800' } }), 'properties.note.deep'],
    ['metadata that is text', payload({ metadata: 'x' }), 'customer.metadata is not a map'],
  ])('says why it cannot map a payload with %s', (_what, value, reason) => {
    expect(() => standard.map(value, facts)).toThrow(MappingError);
    expect(() => standard.map(value, facts)).toThrow(reason);
  });
});

describe('a mapping of one’s own', () => {
  const orders: MappingDefinition = {
    each: 'payload.orders',
    rules: [
      { when: 'item.status == "draft"', ignore: true },
      {
        when: 'headers["x-topic"] == "orders"',
        event: '"order." + item.status',
        event_id: 'item.id',
        customer: { source_id: '"shop-" + item.customer', name: 'has(item.name) ? item.name : "guest"' },
        properties: '{"amount": int(item.total * 100), "order": item.id}',
      },
    ],
  };

  test('splits a batch into events in order, passes over what it should, and computes', () => {
    const batch = {
      orders: [
        { id: 'o1', status: 'paid', customer: 'c1', total: 12.5 },
        { id: 'o2', status: 'draft', customer: 'c1', total: 1 },
        { id: 'o3', status: 'refunded', customer: 'c2', total: 7, name: 'Bo' },
      ],
    };
    const events = compileMapping(orders).map(batch, facts);
    expect(events.map((event) => [event.type, event.eventId, event.customer?.sourceId, event.customer?.name, event.data])).toEqual([
      ['order.paid', 'o1', 'shop-c1', 'guest', { amount: 1250, order: 'o1' }],
      ['order.refunded', 'o3', 'shop-c2', 'Bo', { amount: 700, order: 'o3' }],
    ]);
  });

  test('tells events of a batch apart by their place where they bring no id', () => {
    const definition: MappingDefinition = { each: 'payload', rules: [{ event: 'item.type', customer: { source_id: 'item.user' } }] };
    const events = compileMapping(definition).map(
      [
        { type: 'a', user: 'u' },
        { type: 'b', user: 'u' },
      ],
      facts,
    );
    expect(events.map((event) => event.eventId)).toEqual(['msg_1#0', 'msg_1#1']);
  });

  test('says so where no rule fits, and where a key is missing in an expression', () => {
    const definition: MappingDefinition = {
      rules: [{ when: 'payload.kind == "a"', event: '"a"', customer: { source_id: 'payload.user.id + ""' } }],
    };
    expect(() => mapOne({ kind: 'b' }, definition)).toThrow('no rule of the mapping fits');
    expect(() => mapOne({ kind: 'a', user: {} }, definition)).toThrow('rules[0].customer.source_id: no such field: id');
  });

  test.each([
    ['does not parse', { rules: [{ event: 'payload.', customer: { source_id: 'payload.id' } }] }, 'rules[0].event'],
    ['names what is not there', { rules: [{ event: 'paylod.type', customer: { source_id: 'payload.id' } }] }, 'rules[0].event'],
    [
      'asks with what is no condition',
      { rules: [{ when: '"yes"', event: '"a"', customer: { source_id: 'payload.id' } }] },
      'rules[0].when',
    ],
  ])('is refused when an expression %s', (_what, definition, place) => {
    expect(() => compileMapping(definition)).toThrow(place);
  });

  test.each([
    ['has no rules', { rules: [] }],
    ['has a rule without a customer', { rules: [{ event: '"a"' }] }],
    ['has a field that is not known', { rules: [{ event: '"a"', customer: { source_id: 'payload.id', emial: 'payload.email' } }] }],
  ])('is refused when it %s', (_what, definition) => {
    expect(mappingDefinition.safeParse(definition).success).toBe(false);
  });
});

describe('a payload', () => {
  test.each([
    ['', 'not JSON'],
    ['hello', 'not JSON'],
    ['{"a":1', 'not JSON'],
    [Buffer.from([0xff, 0xfe]), 'not UTF-8'],
  ])('%j is refused in words', (body, reason) => {
    expect(() => parsePayload(Buffer.from(body))).toThrow(reason);
  });

  test('may start with a byte order mark', () => {
    expect(parsePayload(Buffer.from('\ufeff{"a":1}'))).toEqual({ a: 1 });
  });
});
