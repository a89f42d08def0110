import { simpleParser } from 'mailparser';
import { describe, expect, test } from 'vitest';
import { mimeMessage, type MailHeaders } from '../../../activities/mail/mime.ts';

const headers: MailHeaders = {
  from: { name: 'Acme', address: 'shop@acme.example' },
  replyTo: 'help@acme.example',
  to: { name: 'Ada Lovelace', address: 'ada@example.com' },
  messageId: '<msg_1@acme.example>',
  date: '2026-03-29T01:00:00.000Z',
  unsubscribeUrl: `https://hub.example/u/${'x'.repeat(200)}`,
};
const content = { subject: 'Your code', html: '<p>Hello</p>', text: 'Hello' };
const linesOf = (raw: Buffer) => raw.toString('latin1').split('\r\n');

describe('a mail on the wire', () => {
  test('has its header, and text and HTML as alternatives', async () => {
    const raw = mimeMessage(headers, content);
    const mail = await simpleParser(raw);
    expect(mail.from?.value).toEqual([{ name: 'Acme', address: 'shop@acme.example' }]);
    expect(mail.to).toMatchObject({ value: [{ name: 'Ada Lovelace', address: 'ada@example.com' }] });
    expect(mail.replyTo?.text).toBe('help@acme.example');
    expect(mail.messageId).toBe('<msg_1@acme.example>');
    expect(mail.date?.toISOString()).toBe(headers.date);
    expect(mail.subject).toBe('Your code');
    expect(mail.text?.trim()).toBe('Hello');
    expect((mail.html as string).trim()).toBe('<p>Hello</p>');
    expect(linesOf(raw)).toContain(`List-Unsubscribe: <${headers.unsubscribeUrl}>`);
    expect(linesOf(raw)).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click');
  });

  test('carries every language, in header and body', async () => {
    const subject = 'Zoë, 你好 — dein Gutschein „ÄÖÜ“ ist da 🎉 und gilt noch vierzehn Tage, also ziemlich lange';
    const name = 'Zoë "Zed" Müller-Łukasiewicz 🎉';
    const raw = mimeMessage(
      { ...headers, to: { name, address: 'zoe@exämple.de' }, from: { name: 'A "B" \\ C', address: 'a@b.de' } },
      { subject, html: '<p>Grüße, 你好 🎉</p>', text: 'Grüße\n.\n..\nEnde' },
    );
    const mail = await simpleParser(raw);
    expect(mail.subject).toBe(subject);
    expect(mail.to).toMatchObject({ value: [{ name }] });
    expect(raw.toString('latin1')).toContain('<zoe@xn--exmple-cua.de>');
    expect(mail.from?.value[0]?.name).toBe('A "B" \\ C');
    expect((mail.html as string).trim()).toBe('<p>Grüße, 你好 🎉</p>');
    expect(mail.text?.trim()).toBe('Grüße\n.\n..\nEnde');
    expect(linesOf(raw).every((line) => line.length <= 998 && /^[\t -~]*$/.test(line))).toBe(true);
  });

  test('keeps lines short enough for every server', async () => {
    const html = `<p>${'x'.repeat(5000)}</p>`;
    const raw = mimeMessage(headers, { ...content, html });
    expect(Math.max(...linesOf(raw).map((line) => line.length))).toBeLessThanOrEqual(998);
    expect(((await simpleParser(raw)).html as string).trim()).toBe(html);
  });

  test('has no header that a name brought', async () => {
    const name = 'Eve" <evil@example.com>, "x =?utf-8?q?=0D=0ABcc:_b=40example.com?=';
    const mail = await simpleParser(mimeMessage({ ...headers, to: { name, address: 'eve@example.com' } }, content));
    expect(mail.to).toMatchObject({ value: [{ address: 'eve@example.com' }] });
    expect(mail.bcc).toBeUndefined();
    expect(mail.to).toMatchObject({ value: [{ name }] });
  });
});
