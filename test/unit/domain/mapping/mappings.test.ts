import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compileMapping } from '../../../../domain/mapping/mapping.ts';
import { readyMappingOf } from '../../../../domain/mapping/providers/registry.ts';
import { payloadOf, providerNames } from '../../../../domain/webhook/signature/registry.ts';

/** A payload as its provider documents it, and what the ready mapping makes of it. */
interface Sample {
  what: string;
  headers?: Record<string, string>;
  payload: unknown;
  /** `[type, customer, suppression]` of each event; a customer who is known by the address alone is written with `@`. */
  events: [string, string | null, string?][];
}

const folder = new URL('./samples/', import.meta.url);
const samplesOf = (provider: string): Sample[] => JSON.parse(readFileSync(new URL(`${provider}.json`, folder), 'utf8')) as Sample[];
const sampled = readdirSync(folder).map((file) => file.replace('.json', ''));

test('every provider with a mapping of its own has samples', () => {
  expect(sampled.toSorted()).toEqual(providerNames.filter((name) => readyMappingOf(name) !== readyMappingOf('generic')).toSorted());
});

describe.each(sampled)('the ready mapping of %s', (provider) => {
  const mapping = compileMapping(readyMappingOf(provider));

  test.each(samplesOf(provider).map((sample) => [sample.what, sample] as const))(
    'understands %s',
    (_, { payload, headers = {}, events }) => {
      const body = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
      const facts = { providerEventId: 'post-1', headers, receivedAt: new Date('2030-01-01T00:00:00Z') };
      const made = mapping.map(payloadOf(provider, body), facts);
      const told = made.map(({ type, customer, email, suppression }) => {
        const who = customer?.sourceId ?? (email === null ? null : `@${email}`);
        return suppression ? [type, who, `${suppression.reason} ${suppression.email ?? 'of the customer'}`] : [type, who];
      });
      expect(told).toEqual(events);
      const again = mapping.map(payloadOf(provider, body), { ...facts, receivedAt: new Date('2030-01-02T00:00:00Z') });
      expect(again.map(({ eventId }) => eventId)).toEqual(made.map(({ eventId }) => eventId));
      expect(new Set(made.map(({ eventId }) => eventId)).size).toBe(made.length);
    },
  );
});
