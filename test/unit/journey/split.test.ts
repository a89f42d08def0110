import { createHash } from 'node:crypto';
import { assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { bucketOf, isHeldOut } from '../../../domain/journey/bucket.ts';
import { findStep } from '../../../domain/journey/compile.ts';
import { parseJourney } from '../../../domain/journey/parse.ts';
import { HOLDOUT_STEP } from '../../../domain/journey/steps/holdout.ts';
import { variantOf, type Split } from '../../../domain/journey/steps/split.ts';

const split = (variants: string, more = '') => `journey: x
trigger: { event: a.b }
${more}
steps:
  draw: { do: split, salt: spring, variants: [${variants}] }
  mail: { do: wait, for: P1D, next: end }
  rest: { do: wait, for: P1D }
`;
const messages = (text: string) => parseJourney(text).problems.map(({ path, message }) => `${path.join('.')}: ${message}`);

test('a bucket can be recomputed by anybody who knows the salt', () => {
  for (const customer of ['cust_1', 'cust_2', 'ümlaut']) {
    const digest = createHash('sha256').update(`spring:${customer}`).digest('hex');
    expect(bucketOf('spring', customer)).toBe(Number(BigInt(`0x${digest.slice(0, 16)}`) % 10_000n));
  }
});

test('everybody falls into one variant, and always into the same one', () => {
  const fields = {
    variants: [
      { id: 'a', percent: 12.5, next: 'x' },
      { id: 'b', percent: 87.45, next: 'y' },
      { id: 'c', percent: 0.05, next: 'z' },
    ],
  } as Split;
  assert(
    property(integer({ min: 0, max: 9999 }), (bucket) => {
      expect(variantOf(fields, bucket).id).toBe(bucket < 1250 ? 'a' : bucket < 9995 ? 'b' : 'c');
    }),
  );
});

test('shares come out as they were asked for', () => {
  const people = Array.from({ length: 20_000 }, (_each, index) => `cust_${index}`);
  const share = people.filter((each) => isHeldOut({ percent: 10, salt: 'winback' }, each)).length / people.length;
  expect(share).toBeGreaterThan(0.093);
  expect(share).toBeLessThan(0.107);
});

test('percents add up to exactly 100, to two digits', () => {
  expect(
    messages(split('{ id: a, percent: 33.33, next: mail }, { id: b, percent: 33.33, next: rest }, { id: c, percent: 33.34, next: end }')),
  ).toEqual([]);
  expect(messages(split('{ id: a, percent: 33.33, next: mail }, { id: b, percent: 66.66, next: rest }'))).toEqual([
    'steps.draw.variants: the percents add up to 99.99, not to 100',
  ]);
  expect(messages(split('{ id: a, percent: 33.333, next: mail }, { id: b, percent: 66.667, next: rest }')).join()).toContain(
    'at most two digits',
  );
  expect(messages(split('{ id: a, percent: 50, next: mail }, { id: a, percent: 50, next: rest }'))).toEqual([
    'steps.draw.variants.1.id: there is another variant a',
  ]);
});

test('only a holdout may do without a way to go; its customers stand aside until the goal no longer counts', () => {
  expect(messages(split('{ id: a, percent: 50, next: mail }, { id: b, percent: 50 }')).join()).toContain('only a holdout may do without');
  const { journey } = parseJourney(
    split(
      '{ id: a, percent: 50, next: mail }, { id: b, percent: 40, next: rest }, { id: c, percent: 10, holdout: true }',
      'goal: { event: order.paid, window: P20D }',
    ),
  );
  expect(journey?.steps.get(HOLDOUT_STEP)?.fields).toEqual({ for: 'P20D' });
  expect(
    parseJourney(split('{ id: a, percent: 50, next: mail }, { id: b, percent: 50, next: rest }')).journey?.steps.has(HOLDOUT_STEP),
  ).toBe(false);
});

test('who was held out stays so in a version that holds nobody out', () => {
  const { journey } = parseJourney('journey: x\ntrigger: { event: a.b }\nmax_duration: P9D\nsteps: { a: { do: wait, for: P1D } }');
  expect(journey && findStep(journey, HOLDOUT_STEP)?.fields).toEqual({ for: 'P9D' });
  expect(journey && findStep(journey, 'b')).toBeUndefined();
});
