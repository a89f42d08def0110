import { expect, test } from 'vitest';
import { readAnswer } from '../../../domain/journey/answer.ts';
import { parseJourney } from '../../../domain/journey/parse.ts';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

test('an answer is JSON that can be kept', () => {
  expect(readAnswer('{"tier":"gold","points":[1,2.5,null]}')).toEqual({ body: { tier: 'gold', points: [1, 2.5, null] } });
  expect(readAnswer('"yes"')).toEqual({ body: 'yes' });
  expect(readAnswer(nested(16))).toEqual({ body: JSON.parse(nested(16)) as unknown });
});

test('what is no JSON, too long, too deep or cannot be stored is none', () => {
  for (const text of ['', 'OK', '<html></html>', '{"tier":']) expect(readAnswer(text), text).toEqual({ problem: 'no_json' });
  expect(readAnswer(JSON.stringify('x'.repeat(8_191)))).toEqual({ problem: 'answer_too_large' });
  for (const text of ['"a\\u0000b"', '{"a\\ud800":1}', nested(17), nested(4_000)]) {
    expect(readAnswer(text), text).toEqual({ problem: 'answer_unstorable' });
  }
});

const journey = (ask: string, after: string): string => `journey: ask
trigger: { event: begin }
steps:
  ask: { do: send_webhook, ${ask} }
  after: { do: branch, cases: [{ when: ${after}, next: end }], else: end }
`;
const problems = (ask: string, after = '"true"'): string[] =>
  parseJourney(journey(ask, after)).problems.map(({ path, message }) => `${path.join('.')}: ${message}`);

test('later steps go by an answer under its name, whatever is in it', () => {
  for (const after of [
    'answer.crm.body.tier == "gold" && answer.crm.status == 200',
    'has(answer.crm) && answer.crm.body.points * 2.0 > 100',
    'answer.crm.at < now',
  ])
    expect(problems('endpoint: crm, save_as: crm, timeout: PT5M, on_timeout: end, on_fail: after', `'${after}'`), after).toEqual([]);
});

test('what would fail with an answer is told', () => {
  expect(problems('endpoint: crm, save_as: crm', 'answer.crn.body.vip')).toEqual([
    'steps.after.cases.0.when: no such field crn; did you mean crm? (in answer.crn.body.vip)',
  ]);
  expect(problems('endpoint: crm', 'answer.crm.body.vip')).toEqual([
    'steps.after.cases.0.when: no such field crm (in answer.crm.body.vip)',
  ]);
  expect(problems('event: asked, save_as: crm')).toEqual(['steps.ask.save_as: needs an endpoint, so that there is one answer']);
  expect(problems('endpoint: crm, timeout: PT5M, on_timeout: end, on_fail: end')).toEqual(
    ['timeout', 'on_timeout', 'on_fail'].map((field) => `steps.ask.${field}: goes with save_as only`),
  );
  expect(problems('endpoint: crm, save_as: crm, on_fail: nowhere')).toEqual(['steps.ask.on_fail: there is no step nowhere']);
  expect(problems('endpoint: crm, save_as: crm', 'answer.crm.status == "200"')).toEqual([
    'steps.after.cases.0.when: no such overload: double == string (in answer.crm.status == "200")',
  ]);
});
