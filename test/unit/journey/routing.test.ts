import { expect, test } from 'vitest';
import type { CompiledJourney } from '../../../domain/journey/compile.ts';
import { parseJourney } from '../../../domain/journey/parse.ts';
import { admit, effectOf, entryOf, reachesGoal, type Live, type PastEntries } from '../../../domain/journey/routing.ts';
import type { JourneyCustomer, JourneyEvent } from '../../../domain/journey/scope.ts';

const compiled = (text: string): CompiledJourney => {
  const { journey, problems } = parseJourney(text);
  if (journey === null) throw new Error(JSON.stringify(problems));
  return journey;
};

const customer: JourneyCustomer = {
  id: 'cust_1',
  source_id: 'ada',
  name: 'Ada',
  first_name: 'Ada',
  email: 'ada@example.com',
  phone: null,
  birthdate: null,
  description: null,
  timezone: 'Europe/Berlin',
  locale: null,
  address: null,
  metadata: { plan: 'pro' },
  unsubscribed: false,
  created_at: '2026-01-01T00:00:00.000Z',
};

const event = (type: string, day: number, data: Record<string, unknown> = {}, id = `evt_${day}`): JourneyEvent => ({
  id,
  type,
  occurred_at: `2026-06-${String(day).padStart(2, '0')}T12:00:00.000Z`,
  data,
});

const live = (more: Partial<Live> = {}): Live => ({
  step: 'paid',
  visit: 1,
  dueAt: '2026-06-20T00:00:00.000Z',
  awaiting: 'order.paid',
  awaitedSince: '2026-06-02T00:00:00.000Z',
  awaitedEventId: null,
  zone: 'UTC',
  standing: {
    customer,
    context: {
      event: event('customer.signed_up', 1),
      coupons: { own: { id: 'v_1', code: 'OWN', expires_at: null, campaign: 'c' } },
      steps: {},
      cursor: { at: event('', 1).occurred_at, id: 'evt_1' },
    },
    journey: { key: 'x', version: 1, enrolment_id: 'enr_1', entered_at: '2026-06-01T12:00:00.000Z' },
    now: '2026-06-05T00:00:00.000Z',
  },
  ...more,
});

const journey = compiled(`
journey: x
trigger: { event: customer.signed_up }
goal: { event: coupon.redeemed, match: event.data.code == coupon.own.code, window: P10D }
exit_on:
  - { event: customer.unsubscribed }
  - { event: order.refunded, match: event.data.all == true, withdraw: unredeemed }
steps:
  coupon: { do: issue_coupon, campaign: c, as: own }
  paid: { do: wait, event: { name: order.paid, match: event.data.amount >= 100 }, timeout: P18D }
  ask: { do: send_webhook, endpoint: crm, save_as: crm }
`);

test('a redemption of the own coupon within the window is the goal; another code is not', () => {
  expect(effectOf(journey, live(), event('redemption.succeeded', 5, { code: 'OWN' }))).toEqual({ does: 'goal' });
  expect(effectOf(journey, live(), event('redemption.succeeded', 5, { code: 'OTHER' }))).toBeNull();
  expect(effectOf(journey, live(), event('redemption.succeeded', 12, { code: 'OWN' }))).toBeNull();
});

test('before the coupon is issued its redemption cannot be told from another, so it is not the goal', () => {
  const { standing } = live();
  const early = live({ standing: { ...standing, context: { ...standing.context, coupons: {} } } });
  expect(effectOf(journey, early, event('redemption.succeeded', 5, { code: 'OWN' }))).toBeNull();
});

test('exits say what becomes of the coupon', () => {
  expect(effectOf(journey, live(), event('customer.unsubscribed', 5))).toEqual({
    does: 'exit',
    outcome: 'customer.unsubscribed',
    withdraw: 'none',
  });
  expect(effectOf(journey, live(), event('order.refunded', 5, { all: true }))).toMatchObject({ withdraw: 'unredeemed' });
  expect(effectOf(journey, live(), event('order.refunded', 5, {}))).toBeNull();
});

test('an armed wait takes an event that matches, after the last one taken and before its end', () => {
  const paid = (day: number, amount = 100) => event('order.paid', day, { amount });
  expect(effectOf(journey, live(), paid(5))).toEqual({ does: 'awaited' });
  expect(effectOf(journey, live(), paid(5, 99))).toBeNull();
  expect(effectOf(journey, live(), paid(21))).toBeNull();
  expect(effectOf(journey, live(), event('order.paid', 1, { amount: 100 }, 'evt_0'))).toBeNull();
  expect(effectOf(journey, live(), event('order.paid', 1, { amount: 100 }, 'evt_2'))).toEqual({ does: 'awaited' });
  expect(effectOf(journey, live({ awaitedEventId: 'evt_9' }), paid(5))).toBeNull();
  expect(effectOf(journey, live({ awaiting: null, awaitedSince: null }), paid(5))).toBeNull();
});

test('a step that waits for an answer is woken by the answer to its own visit only, in time, whatever a wait took before', () => {
  const asking = live({ step: 'ask', visit: 2, awaiting: 'webhook.answered' });
  const about = { enrolment_id: 'enr_1', step: 'ask', visit: 2 };
  const answered = (day: number, more: object = {}) =>
    effectOf(journey, asking, event('webhook.answered', day, { ...about, ...more }, 'evt_0'));
  expect(answered(1)).toEqual({ does: 'awaited' });
  expect(answered(5)).toEqual({ does: 'awaited' });
  expect([answered(21), answered(5, { visit: 1 }), answered(5, { enrolment_id: 'enr_2' }), answered(5, { step: 'paid' })]).toEqual(
    Array.from({ length: 4 }, () => null),
  );
});

const past = (more: Partial<PastEntries> = {}): PastEntries => ({
  entryKey: customer.id,
  entries: 1,
  live: 0,
  lastEnteredAt: '2026-05-01T00:00:00.000Z',
  eventIds: ['evt_0'],
  ...more,
});

const entry = (trigger: string, earlier: PastEntries[], data: Record<string, unknown> = {}, now = '2026-06-05T00:00:00.000Z') => {
  const entered = compiled(`journey: x\ntrigger: { event: order.paid, ${trigger} }\nsteps: { a: { do: wait, for: P1D } }`);
  return entryOf(entered, event('order.paid', 5, data), customer, earlier, now, 'UTC');
};

test('a customer enters once, unless re-entry is allowed', () => {
  expect(entry('reentry: never', [])).toEqual({ entryKey: customer.id, entryNumber: 1 });
  expect(entry('reentry: never', [past()])).toBeNull();
  expect(entry('reentry: after(P30D)', [past()])).toEqual({ entryKey: customer.id, entryNumber: 2 });
  expect(entry('reentry: after(P60D)', [past()])).toBeNull();
});

test('with an entry key they enter once for each', () => {
  const perOrder = 'entry_key: string(event.data.order), reentry: per_key';
  expect(entry(perOrder, [past({ entryKey: 'o1' })], { order: 'o2' })).toEqual({ entryKey: 'o2', entryNumber: 1 });
  expect(entry(perOrder, [past({ entryKey: 'o2' })], { order: 'o2' })).toBeNull();
});

test('nobody is inside more often than allowed, and an event enrols once', () => {
  expect(entry('reentry: after(P1D)', [past({ live: 1 })])).toBeNull();
  expect(entry('reentry: after(P1D), concurrency: 2', [past({ live: 1 })])).not.toBeNull();
  expect(entry('reentry: after(P1D)', [past({ eventIds: ['evt_5'] })])).toBeNull();
});

test('a filter lets in those for whom it holds; one that cannot be decided lets nobody in', () => {
  expect(entry('filter: customer.metadata.plan == "pro"', [])).not.toBeNull();
  expect(entry('filter: customer.metadata.plan == "free"', [])).toBeNull();
  expect(entry('filter: event.data.missing > 3', [])).toBeNull();
});

test('one key at a time says nothing of the others: two orders at once are two entries, unless it says how many', () => {
  const perOrder = 'entry_key: string(event.data.order), reentry: per_key';
  const inside = [past({ entryKey: 'o1', live: 1 })];
  expect(entry(perOrder, inside, { order: 'o2' })).toEqual({ entryKey: 'o2', entryNumber: 1 });
  expect(entry(`${perOrder}, concurrency: 1`, inside, { order: 'o2' })).toBeNull();
});

test('whoever enters the segment enters, and not who enters another one', () => {
  const vips = compiled('journey: x\ntrigger: { segment: vip }\nsteps: { a: { do: wait, for: P1D } }');
  const entering = (segment: object) =>
    entryOf(vips, event('customer.segment.entered', 5, { segment }), customer, [], '2026-06-05T00:00:00.000Z', 'UTC');
  expect(entering({ id: 'seg_1', name: 'vip' })).not.toBeNull();
  expect(entering({ id: 'vip', name: 'Very important' })).not.toBeNull();
  expect(entering({ id: 'seg_2', name: 'other' })).toBeNull();
});

test('a launch enrols by itself: an event that is called like one enrols nobody', () => {
  const launched = compiled(
    'journey: x\ntrigger: { manual: true, filter: event.data.plan == customer.metadata.plan }\nsteps: { a: { do: wait, for: P1D } }',
  );
  const told = event('journey.launched', 5, { plan: 'pro' });
  const now = '2026-06-05T00:00:00.000Z';
  expect(entryOf(launched, told, customer, [], now, 'UTC')).toBeNull();
  expect(admit(launched, told, customer, [], now, 'UTC')).toEqual({ entryKey: customer.id, entryNumber: 1 });
  expect(admit(launched, event('journey.launched', 5, { plan: 'free' }), customer, [], now, 'UTC')).toEqual({ refused: 'filter' });
  expect(admit(launched, told, customer, [past({ live: 1 })], now, 'UTC')).toEqual({ refused: 'inside_already' });
  expect(admit(launched, told, customer, [past()], now, 'UTC')).toEqual({ refused: 'reentry' });
  expect(admit(launched, told, customer, [past({ eventIds: ['evt_5'] })], now, 'UTC')).toEqual({ refused: 'entered_already' });
});

test('the goal counts in its window also for those who walked to the end before', () => {
  const { standing } = live();
  const until = new Date('2026-06-11T12:00:00.000Z');
  const reached = (day: number, code = 'OWN', goalUntil: Date | null = until) =>
    reachesGoal(journey, { goalUntil, standing }, event('redemption.succeeded', day, { code }));
  expect(reached(10)).toBe(true);
  expect(reached(10, 'OTHER')).toBe(false);
  expect(reached(12)).toBe(false);
  expect(reached(10, 'OWN', null)).toBe(false);
});
