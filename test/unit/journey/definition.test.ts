import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseJourney } from '../../../domain/journey/parse.ts';

const problems = (text: unknown) => parseJourney(text).problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
const places = (text: string) => parseJourney(text).problems.map(({ line, column }) => `${line}:${column}`);

const journey = (steps: string, more = '') => `journey: x\ntrigger: { event: a.b }\n${more}\nsteps:\n${steps}`;

test('the signup journey that ships has nothing wrong with it', () => {
  const text = readFileSync(new URL('../../../templates/journeys/signup.yaml', import.meta.url), 'utf8');
  const { journey: signup, problems: wrong } = parseJourney(text);
  expect(wrong).toEqual([]);
  expect([...(signup?.steps.keys() ?? [])]).toEqual(['coupon', 'mail', 'reminder', 'end_of_coupon']);
  expect([...(signup?.steps.values() ?? [])].map((step) => step.next)).toEqual(['mail', 'reminder', 'end_of_coupon', null]);
  expect(signup?.goal?.type).toBe('redemption.succeeded');
  expect(signup?.eventTypes).toEqual(['customer.signed_up', 'redemption.succeeded', 'customer.unsubscribed']);
});

test('a definition reads back as it was stored, in the order of its steps', () => {
  const { journey: first } = parseJourney(journey('  z_last: { do: wait, for: P1D }\n  a_first: { do: wait, for: P1D }\n'));
  const stored: unknown = JSON.parse(JSON.stringify(first?.definition));
  expect((stored as { steps: { id: string }[] }).steps.map((step) => step.id)).toEqual(['z_last', 'a_first']);
});

test('JSON and a list of steps are taken as well', () => {
  expect(problems(JSON.stringify({ journey: 'x', trigger: { event: 'a.b' }, steps: [{ id: 'a', do: 'wait', for: 'P1D' }] }))).toEqual([]);
  expect(problems({ journey: 'x', trigger: { event: 'a.b' }, steps: { a: { do: 'wait', for: 'P1D' } } })).toEqual([]);
});

test('everything that is wrong is told at once, with its line and column', () => {
  const text = [
    'journey: x y',
    'trigger: { event: a.b, reentry: sometimes }',
    'steps:',
    '  a: { do: wait, for: P3 }',
    '  b: { do: dance }',
    '  c: { do: send_email }',
    '  d: { do: exit, outcome: done, loud: true }',
  ].join('\n');
  expect(problems(text)).toEqual([
    'journey: must be letters, digits, - and _, beginning with a letter',
    'trigger.reentry: must be never, per_key or after(P180D)',
    'steps.a.for: is not an ISO 8601 duration such as P3D or PT12H: P3',
    expect.stringMatching(/^steps\.b\.do: is not a kind of step; there are issue_coupon, send_email, wait/),
    'steps.c.template: is missing',
    'steps.d.loud: is not a field that is known here; there are next, when, on_error',
  ]);
  expect(places(text)).toEqual(['1:10', '2:33', '4:23', '5:12', '6:6', '7:39']);
});

test('mistakes of every sort come together: fields, names, expressions, ways and loops, each with what may have been meant', () => {
  const text = [
    'journey: x',
    'trigger: { event: a.b, filtr: "true" }',
    'steps:',
    '  coupon: { do: issue_coupon, campaign: c, as: own, expires: { afer: P3D } }',
    '  mail: { do: send_mial, template: t }',
    '  ask: { do: branch, cases: [{ when: customr.name == "a", next: coupn }], else: mial }',
    '  remind: { do: remind, coupon: owm, before_expiry: P1D, template: t, on_error: hld }',
    '  turn: { do: branch, cases: [{ when: coupon.own.code == "a", next: turn }], else: end }',
  ].join('\n');
  expect(parseJourney(text).problems.map(({ line, step, message }) => `${line} ${step ?? '-'}: ${message}`)).toEqual([
    '2 -: is not a field that is known here; did you mean filter?',
    '4 coupon: is missing',
    '4 coupon: is not a field that is known here; did you mean after?',
    '5 mail: is not a kind of step; did you mean send_email?',
    '6 ask: there is no variable customr; did you mean customer? (in customr.name == "a")',
    '6 ask: there is no step coupn; did you mean coupon?',
    '6 ask: there is no step mial; did you mean mail?',
    '7 remind: no step issues a coupon as owm; did you mean own?',
    '7 remind: must be one of continue, exit, hold; did you mean hold?',
    '8 turn: is in a loop in which no time passes; put a wait into it',
  ]);
});

test('what growth marketers write at first is told with what would be right', () => {
  const text = [
    'journey: checkout',
    'trigger: { event: checkout.started, filter: has(customer.emial), reentry: per key, concurrency: 0 }',
    'holdout: 10',
    'timezone: Europe/Berlin',
    'steps:',
    '  hour: { do: wait, for: 1h }',
    '  bought: { do: wait, event: order.paid, timeout: 2 days }',
    '  coupon: { do: issue_coupon, campaign: 12, expires: P5D, as: save, recipient: customer.idd, limits: { budget: 10.5 } }',
    '  last: { do: remind, coupon: saved, before_expiry: 1 day, template: reminder, next: stop }',
    '  tag: { do: update_customer, set: { tier: gold, points: 10, known: customer.birthdate != null } }',
    '  which: { do: branch, cases: [{ when: true, then: last }], else: end }',
    '  tuesday: { do: wait, local_time: "9:00" }',
  ].join('\n');
  expect(parseJourney(text).problems.map(({ line, path, message }) => `${line} ${path.join('.')}: ${message}`)).toEqual([
    '2 trigger.filter: no such field emial; did you mean email? (in has(customer.emial))',
    '2 trigger.reentry: must be never, per_key or after(P180D); did you mean per_key?',
    '2 trigger.concurrency: must be at least 1',
    '3 holdout: must be a map with percent, salt, not 10',
    '4 timezone: is not a field that is known here; did you mean timezone_fallback?',
    '6 steps.hour.for: is not an ISO 8601 duration such as P3D or PT12H: 1h; did you mean PT1H?',
    '7 steps.bought.event: must be a map with name, match, since, not the text "order.paid"',
    '7 steps.bought.timeout: is not an ISO 8601 duration such as P3D or PT12H: 2 days; did you mean P2D?',
    '8 steps.coupon.campaign: must be text, not 12; put it in quotes',
    '8 steps.coupon.expires: must be a map with after, end_of_local_day, at, not the text "P5D"',
    '8 steps.coupon.recipient: no such field idd; did you mean id? (in customer.idd)',
    '8 steps.coupon.limits.budget: must be a whole number, not 10.5',
    '9 steps.last.coupon: no step issues a coupon as saved; did you mean save?',
    '9 steps.last.before_expiry: is not an ISO 8601 duration such as P3D or PT12H: 1 day; did you mean P1D?',
    '9 steps.last.next: there is no step stop',
    `10 steps.tag.set.tier: there is no variable gold; a text has quotes of its own, such as "'gold'" (in gold)`,
    '10 steps.tag.set.known: no such overload: string != null; what is not there is asked for with has(), as in has(customer.email) (in customer.birthdate != null)',
    '11 steps.which.cases.0.next: is missing',
    '11 steps.which.cases.0.then: is not a field that is known here; there is next',
    '12 steps.tuesday.local_time: must be a map with at, days, if_past, not the text "9:00"',
  ]);
});

test('numbers and yes or no are expressions as they are, and a coupon may end with the day', () => {
  const text = [
    'journey: plain',
    'trigger: { event: a }',
    'steps:',
    '  coupon: { do: issue_coupon, campaign: welcome, as: own, expires: { end_of_local_day: P0D } }',
    '  tag: { do: update_customer, set: { points: 10, known: true }, when: true }',
  ].join('\n');
  expect(problems(text)).toEqual([]);
  expect(problems(text.replace('P0D', '1 week'))).toEqual([
    'steps.coupon.expires.end_of_local_day: is not an ISO 8601 duration such as P3D or PT12H: 1 week; did you mean P1W?',
  ]);
});

test('YAML that is no YAML is told once for each line, with what most often is behind it', () => {
  const text = 'journey: x\ntrigger: { event: a }\nsteps:\n  a: { do: wait, until: event.data.items[0].at }\n';
  expect(parseJourney(text).problems).toEqual([
    { path: [], line: 4, column: expect.any(Number), message: expect.stringContaining('has to stand in quotes of its own') },
  ]);
});

test('JSON is told by its lines as well', () => {
  const text = '{\n  "journey": "x",\n  "trigger": { "event": "a.b" },\n  "steps": {\n    "a": { "do": "wait", "fro": "P1D" }\n  }\n}';
  const problem = { path: ['steps', 'a', 'fro'], line: 5, column: 33, message: 'is not a field that is known here; did you mean for?' };
  expect(parseJourney(JSON.parse(text), { text, at: [] }).problems).toContainEqual(expect.objectContaining(problem));
});

test('YAML that cannot be read says where', () => {
  expect(places('journey: x\nsteps: [')).toEqual(['2:9']);
  expect(problems('journey: x\njourney: y\n')).toEqual([': Map keys must be unique']);
  expect(problems('')).toEqual([': a journey is a map with journey, trigger and steps']);
  expect(problems('a: &a [*a]')).not.toEqual([]);
});

test.each([
  ['an unknown variable', 'custom.email == "a"', 'there is no variable custom; did you mean customer?'],
  ['an unknown field', 'customer.emial == "a"', 'no such field emial; did you mean email?'],
  ['an unknown coupon', 'coupon.welcome.code == "a"', 'no such field welcome'],
  ['an unknown step', 'steps.nothing.outcome == "a"', 'no such field nothing'],
  ['a wrong type', 'customer.email', 'gives string, but bool is needed here'],
  ['types that do not go together', 'customer.email > 3', 'no such overload: string > int'],
  ['broken syntax', 'customer.email ==', 'Unexpected token: EOF'],
])('%s in an expression is refused', (_what, source, message) => {
  const text = journey(`  a: { do: issue_coupon, campaign: c, as: own, when: '${source}' }\n`);
  expect(problems(text)).toEqual([`steps.a.when: ${message} (in ${source})`]);
});

test('the data of a redemption has known fields, that of a source’s own events has not', () => {
  const goal = (match: string, event = 'coupon.redeemed') =>
    journey('  a: { do: issue_coupon, campaign: c, as: own }\n', `goal: { event: ${event}, match: '${match}' }`);
  expect(problems(goal('event.data.code == coupon.own.code && event.data.order.amount > 100'))).toEqual([]);
  expect(problems(goal('event.data.cod == "a"'))).toEqual(['goal.match: no such field cod; did you mean code? (in event.data.cod == "a")']);
  expect(problems(goal('event.data.cod == "a" && trigger.type == "a.b"', 'order.paid'))).toEqual([]);
});

test('steps and coupons that do not exist, and steps that nobody comes to, are refused', () => {
  expect(
    problems(journey('  a: { do: wait, for: P1D, next: nowhere }\n  b: { do: remind, coupon: c, before_expiry: P1D, template: t }\n')),
  ).toEqual(['steps.a.next: there is no step nowhere', 'steps.b.coupon: no step issues a coupon as c']);
  expect(problems(journey('  a: { do: exit, outcome: done }\n  b: { do: wait, for: P1D }\n'))).toEqual([
    'steps.b: nobody can come to this step; does a next, a case or a target lead to it?',
  ]);
  expect(problems(journey('  a: { do: issue_coupon, campaign: c, as: x }\n  b: { do: issue_coupon, campaign: c, as: x }\n'))).toEqual([
    'steps.b.as: step a has a coupon x already',
  ]);
});

test('a loop needs a wait in it', () => {
  const loop = (wait: string) =>
    journey(`  a: ${wait}\n  b: { do: branch, cases: [{ when: customer.unsubscribed, next: end }], else: a }\n`);
  expect(problems(loop('{ do: wait, for: P1D }'))).toEqual([]);
  const refused = ['a', 'b'].map((step) => `steps.${step}: is in a loop in which no time passes; put a wait into it`);
  expect(problems(loop('{ do: wait, until: now }'))).toEqual(refused);
  expect(problems(loop('{ do: wait, for: P1D, when: customer.unsubscribed }'))).toEqual(refused);
});

test('a wait is for one thing, and for an event it ends some time', () => {
  expect(problems(journey('  a: { do: wait, for: P1D, until: now }\n'))).toEqual([
    'steps.a: needs exactly one of for, until, local_time and event',
  ]);
  expect(problems(journey('  a: { do: wait, event: { name: paid } }\n'))).toEqual([
    'steps.a.timeout: is needed with event, so that nobody waits for ever',
  ]);
  expect(problems(journey('  a: { do: wait, for: P1D, on_event: end }\n'))).toEqual(['steps.a.on_event: goes with event only']);
});
