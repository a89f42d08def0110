import { describe, expect, test } from 'vitest';
import { checkTemplateText } from '../../../../domain/template/check.ts';
import { readerOf, TEMPLATE_HELPERS } from '../../../../domain/template/template-helpers.ts';
import { parseTemplateSource } from '../../../../domain/template/source.ts';
import { DomainError } from '../../../../domain/errors.ts';

const problems = (text: string) => checkTemplateText(text, 'body').map(({ path, message }) => `${path}: ${message}`);
const refusal = (source: string) => {
  try {
    parseTemplateSource(source);
    return [];
  } catch (error) {
    return (error as DomainError).fields.map(({ path, message }) => `${path}: ${message}`);
  }
};

describe('the text of a template', () => {
  test.each([
    '{{customer.first_name}} {{coupon.code}} {{coupons.welcome.code}} {{unsubscribe_url}}',
    '{{#if coupon.discount}}{{discount coupon.discount}}{{else}}nothing{{/if}}',
    '{{#each customer.metadata.items as |item index|}}{{index}} {{item.name}} {{@first}} {{../coupon.code}}{{/each}}',
    '{{#each event.data.lines}}{{this.title}} {{title}}{{/each}} {{#with coupon}}{{code}}{{/with}}',
    '{{event.data.anything.at.all}} {{data.shop_url}} {{date coupon.expires_at}} {{default customer.name "you"}}',
    '{{! a comment }} {{~customer.name~}}',
  ])('may say %s', (text) => {
    expect(problems(text)).toEqual([]);
  });

  test.each([
    ['{{customer.frist_name}}', /unknown variable customer\.frist_name; there are .*first_name/],
    ['{{custmer.name}}', /unknown variable custmer\.name; there are customer/],
    ['{{#with coupon}}{{kode}}{{/with}}', /unknown variable kode; there are id, code/],
    ['{{#if coupn}}x{{/if}}', /unknown variable coupn/],
    ['{{datum coupon.expires_at}}', /unknown helper datum; there are date/],
    ['{{date}}', /date takes 1 argument/],
    ['{{{customer.name}}}', /would not be escaped/],
    ['{{&customer.name}}', /would not be escaped/],
    ['{{> layout}}', /partials and decorators are not allowed/],
    ['{{@root.customer}}', /unknown variable @root/],
    ['{{#unknown x}}{{/unknown}}', /unknown block unknown/],
    ['{{lookup customer "constructor"}}', /unknown helper lookup/],
    ['{{customer.name', /body, line 1/],
    ['{{#if customer}}', /body, line 1/],
  ])('may not say %s', (text, expected) => {
    expect(problems(text)).toEqual([expect.stringMatching(expected)]);
  });

  test('has each of its problems named with its line', () => {
    expect(checkTemplateText('a\n{{x}}\n\n{{y.z}}', 'body', 10).map(({ path }) => path)).toEqual(['body, line 11', 'body, line 13']);
  });
});

describe('the source of a template', () => {
  test('is front matter and a body, whose first line is known', () => {
    expect(parseTemplateSource('---\nsubject: Hello\ntopic: news\n---\n<mjml/>')).toEqual({
      subject: 'Hello',
      preview: null,
      topic: 'news',
      text: null,
      body: '<mjml/>',
      bodyLine: 5,
    });
  });

  test.each([
    ['<mjml/>', ['line 1: start with front matter: a line ---, subject: …, a line ---, then the MJML']],
    ['---\npreview: x\n---\n', ['subject: is missing']],
    [
      '---\nsubject: 12\nsubjekt: x\n---\n',
      ['subject: must be text; put it in quotes', expect.stringContaining('subjekt: is not a field'), 'subject: is missing'],
    ],
    ['---\n- a\n---\n', ['line 2: front matter is a map: subject, and preview, topic and text if you like']],
    ['---\nsubject: "a\n---\n', [expect.stringMatching(/^line \d/)]],
  ])('of %j is refused', (source, expected) => {
    expect(refusal(source)).toEqual(expected);
  });
});

describe('what a reader sees', () => {
  const fallback = { locale: 'en', timezone: 'UTC', currency: 'USD' };
  const format = (helper: string, value: unknown, reader = fallback) => TEMPLATE_HELPERS[helper]?.format([value], reader);

  test('is a time in their zone and language', () => {
    const expiry = '2026-03-28T23:30:00Z';
    expect(format('date', expiry)).toBe('Saturday, March 28, 2026');
    expect(format('date', expiry, { ...fallback, locale: 'de', timezone: 'Europe/Berlin' })).toBe('Sonntag, 29. März 2026');
    expect(format('time', '2026-03-29T01:30:00Z', { ...fallback, locale: 'en-GB', timezone: 'Europe/Berlin' })).toContain('03:30');
  });

  test.each([
    ['USD', 500, '$5'],
    ['USD', 550, '$5.50'],
    ['JPY', 500, '¥500'],
    ['KWD', 1500, 'KWD\u00a01.500'],
  ])('is an amount in %s: %d is %s', (currency, amount, expected) => {
    expect(format('money', amount, { ...fallback, currency })).toBe(expected);
  });

  test('is a discount as a share or an amount', () => {
    expect(format('discount', { type: 'PERCENT', percent_off: 12.5 })).toBe('12.5%');
    expect(format('discount', { type: 'AMOUNT', amount_off: 1000 })).toBe('$10');
    expect(() => format('discount', { type: 'UNIT' })).toThrow('not a discount');
  });

  test('falls back where a CRM says what no calendar knows', () => {
    expect(readerOf({ locale: 'xx_YY!', timezone: 'Mars/Olympus', currency: 'GOLD' }, fallback)).toEqual(fallback);
    expect(readerOf({ locale: 'de-AT', timezone: 'Europe/Vienna', currency: 'EUR' }, fallback)).toEqual({
      locale: 'de-AT',
      timezone: 'Europe/Vienna',
      currency: 'EUR',
    });
  });
});
