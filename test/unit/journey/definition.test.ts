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
    'steps.d.loud: is not a field that is known here',
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
    expect.stringMatching(/^5 mail: is not a kind of step; did you mean send_email\?; there are /),
    '6 ask: there is no variable customr; did you mean customer? (in customr.name == "a")',
    '6 ask: there is no step coupn; did you mean coupon?',
    '6 ask: there is no step mial; did you mean mail?',
    '7 remind: must be one of continue, exit, hold; did you mean hold?',
    '8 turn: is in a loop in which no time passes; put a wait into it',
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
