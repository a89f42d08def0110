import { describe, expect, test } from 'vitest';
import { isRenderedMessage, RENDERED_MESSAGE_EXAMPLE as message } from '../../../../domain/delivery/rendered-message.ts';
import { compileWebhookFilter, webhookFilterProblem } from '../../../../domain/webhook/filter.ts';
import { webhookFormatNamed, webhookFormats } from '../../../../domain/webhook/formats/registry.ts';

const bodyOf = (name: string, told = message) => {
  const format = webhookFormatNamed(name);
  if (format === null) throw new Error(`there is no format ${name}`);
  return format.body(told, 'msg_1');
};
const jsonOf = (name: string, told = message) => JSON.parse(bodyOf(name, told).text) as Record<string, never>;
const URL_OF = message.unsubscribe_url ?? '';

describe('a mail in the shape of', () => {
  test('SendGrid', () => {
    expect(jsonOf('sendgrid')).toMatchObject({
      personalizations: [
        { to: [{ email: 'ada@example.com', name: 'Ada Lovelace' }], custom_args: { webhook_id: 'msg_1', code: 'WELCOME-7K2M' } },
      ],
      from: { email: 'coupons@example.com', name: 'Example Shop' },
      subject: message.subject,
      content: [
        { type: 'text/plain', value: message.text },
        { type: 'text/html', value: message.html },
      ],
      headers: { 'List-Unsubscribe': `<${URL_OF}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
      categories: ['offers', 'signup'],
    });
  });

  test('Postmark', () => {
    expect(jsonOf('postmark')).toMatchObject({
      From: '"Example Shop" <coupons@example.com>',
      To: '"Ada Lovelace" <ada@example.com>',
      Subject: message.subject,
      HtmlBody: message.html,
      TextBody: message.text,
      Tag: 'signup',
      Headers: [
        { Name: 'List-Unsubscribe', Value: `<${URL_OF}>` },
        { Name: 'List-Unsubscribe-Post', Value: 'List-Unsubscribe=One-Click' },
      ],
      Metadata: { customer_id: 'cust_0192f3a8', source_id: 'crm-42', journey: 'signup' },
    });
  });

  test('Mailgun, which takes a form', () => {
    const { contentType, text } = bodyOf('mailgun');
    expect(contentType).toBe('application/x-www-form-urlencoded');
    const form = new URLSearchParams(text);
    expect(form.get('to')).toBe('"Ada Lovelace" <ada@example.com>');
    expect(form.get('html')).toBe(message.html);
    expect(form.get('h:List-Unsubscribe')).toBe(`<${URL_OF}>`);
    expect(form.getAll('o:tag')).toEqual(['offers', 'signup']);
    expect(form.get('v:webhook_id')).toBe('msg_1');
  });

  test('Amazon SES', () => {
    expect(jsonOf('ses')).toMatchObject({
      FromEmailAddress: '"Example Shop" <coupons@example.com>',
      Destination: { ToAddresses: ['"Ada Lovelace" <ada@example.com>'] },
      Content: { Simple: { Subject: { Data: message.subject }, Body: { Text: { Data: message.text }, Html: { Data: message.html } } } },
      EmailTags: expect.arrayContaining([{ Name: 'code', Value: 'WELCOME-7K2M' }]),
    });
  });

  test('Customer.io', () => {
    expect(jsonOf('customer.io')).toMatchObject({
      to: 'ada@example.com',
      subject: message.subject,
      body: message.html,
      body_plain: message.text,
      identifiers: { id: 'crm-42' },
      message_data: { code: 'WELCOME-7K2M', expires_at: message.expires_at },
    });
  });

  test.each(webhookFormats.map(({ name }) => name))(
    '%s survives a customer without a name and mails without topic, sender and way out',
    (name) => {
      const bare = {
        ...message,
        code: null,
        topic: null,
        from: null,
        unsubscribe_url: null,
        journey: null,
        customer: { ...message.customer, name: null, source_id: null },
      };
      const { text } = bodyOf(name, bare);
      expect(text).toContain(name === 'mailgun' ? 'ada%40example.com' : 'ada@example.com');
      expect(text).not.toContain('List-Unsubscribe');
      expect(text).not.toMatch(/undefined|"null"|null <|=null/);
    },
  );

  test('lets no name break out of its place', () => {
    const evil = { ...message, customer: { ...message.customer, name: 'Eve" <eve@example.com>,\r\nBcc: x' } };
    expect(jsonOf('postmark', evil)).toMatchObject({ To: String.raw`"Eve\" <eve@example.com>, Bcc: x" <ada@example.com>` });
  });
});

test('an event without an address or without a body is no mail', () => {
  expect(isRenderedMessage(message)).toBe(true);
  for (const data of [null, {}, { ...message, html: undefined }, { ...message, customer: { ...message.customer, email: null } }])
    expect(isRenderedMessage(data)).toBe(false);
});

describe('a filter', () => {
  const event = { type: 'order.paid', data: { total: 120, tags: ['vip'] }, customer: { id: 'c', source_id: 'crm-1' } };

  test.each([
    ['event.data.total > 100', true],
    ['event.data.total > 200', false],
    ['event.type == "order.paid" && "vip" in event.data.tags', true],
    ['customer.source_id == "crm-1"', true],
    ['has(event.data.plan) && event.data.plan == "pro"', false],
    ['event.data.plan == "pro"', false],
  ])('%s lets the event pass: %s', (source, passes) => {
    expect(compileWebhookFilter(source)(event)).toBe(passes);
  });

  test.each(['"text"', 'total > 1', 'event.data.total >', '1', 'matches(event.type, "a")'])('is refused when it is %s', (source) => {
    expect(webhookFilterProblem(source)).not.toBeNull();
  });

  test('of an event without a customer sees none', () => {
    expect(compileWebhookFilter('has(customer.id)')({ ...event, customer: null })).toBe(false);
  });
});
