import { describe, expect, test } from 'vitest';
import { headerText, isMailAddress } from '../../../domain/delivery/mail-header.ts';
import { MAIL_RETRY_SCHEDULE, retryDelay } from '../../../domain/delivery/retry-schedule.ts';
import { readUnsubscription, signUnsubscription } from '../../../domain/delivery/unsubscribe-token.ts';

describe('a header', () => {
  test('is one line, whatever a customer is called', () => {
    expect(headerText('Eve\r\nBcc: x@example.com')).toBe('Eve Bcc: x@example.com');
    expect(headerText(' a\u0000b\u2028c\td ')).toBe('a b c d');
    expect(headerText('Zoë 🎉')).toBe('Zoë 🎉');
  });

  test.each(['a@example.com', 'first.last+tag@sub.example.co.uk', "o'brien@example.com", 'zoe@exämple.de', 'root@localhost'])(
    'may hold the address %s',
    (address) => expect(isMailAddress(address)).toBe(true),
  );

  test.each([
    '',
    'a',
    'a@',
    '@b',
    'a@b@c',
    'a b@c.de',
    'a@b,c@d',
    '<a@b.de>',
    'a@b.de\r\nBcc: c@d',
    'a@-b.de',
    `${'a'.repeat(65)}@b.de`,
    'a@b..de',
    'a@[127.0.0.1]',
    'zoë@example.de',
  ])('may not hold the address %j', (address) => expect(isMailAddress(address)).toBe(false));
});

describe('the schedule of retries', () => {
  test('spreads each wait by a fifth, and ends', () => {
    expect(retryDelay(MAIL_RETRY_SCHEDULE, 0, 0)).toBe(48_000);
    expect(retryDelay(MAIL_RETRY_SCHEDULE, 0, 0.5)).toBe(60_000);
    expect(retryDelay(MAIL_RETRY_SCHEDULE, 1, 0.999)).toBeLessThan(360_000);
    expect(retryDelay(MAIL_RETRY_SCHEDULE, MAIL_RETRY_SCHEDULE.length, 0.5)).toBeNull();
  });
});

describe('an unsubscribe link', () => {
  const key = Buffer.from('k');
  const whom = { projectId: 'proj_1', customerId: 'cust_1', topic: 'offers', deliveryId: 'msg_1' };
  const token = signUnsubscription(key, whom);

  test('says whom and what, and nothing that is personal', () => {
    expect(readUnsubscription(key, token)).toEqual(whom);
    expect(token).toMatch(/^[\w-]+\.[\w-]{22}$/);
  });

  test.each([
    ['another key', () => readUnsubscription(Buffer.from('other'), token)],
    [
      'another topic',
      () => readUnsubscription(key, `${signUnsubscription(key, { ...whom, topic: '*' }).split('.')[0]}.${token.split('.')[1]}`),
    ],
    ['a signature cut short', () => readUnsubscription(key, token.slice(0, -4))],
    ['no signature', () => readUnsubscription(key, token.split('.')[0]!)],
    ['more than a token', () => readUnsubscription(key, `${token}.x`)],
    ['nothing', () => readUnsubscription(key, '')],
  ])('is refused with %s', (_, read) => expect(read()).toBeNull());
});
