import { describe, expect, test } from 'vitest';
import { providerNamed, providers } from '../../../../../domain/webhook/signature/registry.ts';
import { mailgunBody, postOf, sendgridHeaders, sendgridKey, signing, snsBody, snsKey } from '../../../../harness/signed-posts.ts';

const NOW = 1_800_000_000_000;
const SECRET = 'a secret of the sender';
const BODY = '{"naïve":"ü","id":"evt_1"}';
const URL_OF_SOURCE = 'https://coupons.example.com/hooks/src_1';

const verify = (
  name: string,
  { body = BODY, headers = {}, url = URL_OF_SOURCE }: { body?: string; headers?: Record<string, string | undefined>; url?: string },
  {
    secrets = [SECRET],
    settings = {},
    now = NOW,
    certificate,
  }: { secrets?: string[]; settings?: unknown; now?: number; certificate?: string } = {},
) => {
  const provider = providerNamed(name);
  return provider.verify(postOf(body, headers, url), secrets, provider.settings.parse(settings), now, certificate);
};

describe('the published vectors', () => {
  test.each([
    ['HPW73RUtKmcYoEDADG0s6MmGFWUzWJKAW07r8RDgcQw=', 15000000],
    ['K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=', 1693657560000],
  ])('of HubSpot: %s', (signature, at) => {
    const headers = { 'x-hubspot-signature-v3': signature, 'x-hubspot-request-timestamp': String(at) };
    const post = { body: "{'example_field':'example_value'}", headers, url: 'https://www.example.com/webhook_uri' };
    const secrets = ['yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy'];
    expect(verify('hubspot', post, { secrets, now: at }).genuine).toBe(true);
    expect(verify('hubspot', { ...post, url: 'https://www.example.com/webhook_urj' }, { secrets, now: at }).genuine).toBe(false);
  });

  test('of GitHub', () => {
    const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    const post = { body: 'Hello, World!', headers: { 'x-hub-signature-256': signature, 'x-github-delivery': 'd-1' } };
    expect(verify('github', post, { secrets: ["It's a Secret to Everybody"] })).toEqual({ genuine: true, eventId: 'd-1' });
  });
});

describe.each(Object.entries(signing))('a post of %s', (name, sign) => {
  const headers = sign(BODY, SECRET, NOW, URL_OF_SOURCE) as Record<string, string>;
  const first = Object.keys(headers).find((header) => header.includes('signature') || header.includes('hmac')) ?? '';

  test('is genuine as its sender signs it, with any of the secrets of a rotation, and is known by an id', () => {
    expect(verify(name, { headers })).toMatchObject({ genuine: true, eventId: expect.stringMatching(/.+/) });
    expect(verify(name, { headers }, { secrets: ['another secret', SECRET] }).genuine).toBe(true);
  });

  test('is refused tampered with, under another secret, without secrets and without its signature', () => {
    expect(verify(name, { headers, body: `${BODY} ` }).genuine).toBe(false);
    expect(verify(name, { headers }, { secrets: ['another secret'] }).genuine).toBe(false);
    expect(verify(name, { headers }, { secrets: [] }).genuine).toBe(false);
    expect(verify(name, { headers: { ...headers, [first]: undefined } })).toMatchObject({
      genuine: false,
      reason: expect.stringContaining(first),
    });
  });

  test.each(['', ' ', ',', '=', 'v1=', 't=', 'sha256=', '☃', 'A'.repeat(50_000), '%00'])(
    'is refused with the malformed signature %#',
    (signature) => {
      expect(verify(name, { headers: { ...headers, [first]: signature } }).genuine).toBe(false);
    },
  );
});

describe.each(['hubspot', 'klaviyo', 'customer.io', 'stripe'] as const)('the time of a post of %s', (name) => {
  const headers = signing[name](BODY, SECRET, NOW, URL_OF_SOURCE) as Record<string, string>;

  test.each([
    ['five minutes old', 300, true],
    ['five minutes ahead', -300, true],
    ['older, a replay', 302, false],
    ['further ahead', -302, false],
  ])('%s', (_, age, genuine) => {
    expect(verify(name, { headers }, { now: NOW + age * 1000 }).genuine).toBe(genuine);
  });

  test.each(['1e9', ' 1800000000', '1800000000.0', '0x6B49D200', '+1800000000', '-1', 'NaN', '١٨'])('%j is no time', (time) => {
    const header = Object.keys(headers).find((each) => each.includes('timestamp')) ?? '';
    const changed =
      header === '' ? { 'stripe-signature': headers['stripe-signature']?.replace(/t=\d+/, `t=${time}`) } : { ...headers, [header]: time };
    expect(verify(name, { headers: changed }).genuine).toBe(false);
  });
});

test('Klaviyo may write its time as a date of HTTP or in ISO 8601, and it is signed as it is written', async () => {
  const { createHmac } = await import('node:crypto');
  for (const time of [new Date(NOW).toUTCString(), '2027-01-15T08:00:00+00:00', '2027-01-15T08:00:00.101159Z']) {
    const headers = {
      'klaviyo-timestamp': time,
      'klaviyo-signature': createHmac('sha256', SECRET)
        .update(BODY + time)
        .digest('hex'),
    };
    expect(verify('klaviyo', { headers })).toMatchObject({ genuine: true });
    expect(verify('klaviyo', { headers }, { now: NOW + 301_000 }).genuine).toBe(false);
  }
});

test('Stripe’s secret is the whole whsec_…, two signatures may come, and two times never', () => {
  const secret = 'whsec_dGhpcyBpcyBhIHNlY3JldA==';
  const { 'stripe-signature': header } = signing.stripe(BODY, secret, NOW);
  expect(
    verify('stripe', { headers: { 'stripe-signature': header.replace('v1=', `v1=${'a'.repeat(64)},v1=`) } }, { secrets: [secret] }),
  ).toEqual({
    genuine: true,
    eventId: 'evt_1',
  });
  expect(verify('stripe', { headers: { 'stripe-signature': `${header},t=1` } }, { secrets: [secret] }).genuine).toBe(false);
  expect(verify('stripe', { headers: { 'stripe-signature': header.replace('v1=', 'v0=') } }, { secrets: [secret] }).genuine).toBe(false);
});

describe('a batch of Segment', () => {
  const body = JSON.stringify([{ messageId: 'm-1', n: 1 }, { messageId: 'm-2' }]);
  const headers = signing.segment(JSON.stringify({ messageId: 'm-1', n: 1 }), SECRET);

  test('is signed by its first event alone, so it is taken only where the source says so', () => {
    expect(verify('segment', { body, headers })).toMatchObject({ genuine: false, reason: expect.stringContaining('accept_batches') });
    expect(verify('segment', { body, headers }, { settings: { accept_batches: true } }).genuine).toBe(true);
    expect(verify('segment', { body: body.replace('"n":1', '"n":2'), headers }, { settings: { accept_batches: true } }).genuine).toBe(
      false,
    );
  });
});

describe('Marketing Cloud', () => {
  test('asks to verify a callback without a signature: that is answered and kept, and proves nothing', () => {
    const body = JSON.stringify({ callbackId: 'c-1', verificationKey: 'k-1' });
    expect(verify('salesforce-marketing-cloud', { body })).toMatchObject({ genuine: false, handshake: true });
    expect(verify('salesforce-marketing-cloud', { body, headers: { 'x-sfmc-ens-signature': 'abc' } })).not.toHaveProperty('handshake');
  });
});

describe('SendGrid', () => {
  const key = sendgridKey();
  const body = '[{"email":"ada@example.com","event":"bounce"}]\r\n';

  test('signs time and body with its private key', () => {
    const headers = sendgridHeaders(body, key, NOW);
    const secrets = [sendgridKey().publicKey, key.publicKey];
    expect(verify('sendgrid', { body, headers }, { secrets }).genuine).toBe(true);
    expect(verify('sendgrid', { body: body.trim(), headers }, { secrets }).genuine).toBe(false);
    expect(verify('sendgrid', { body, headers }, { secrets: [sendgridKey().publicKey] }).genuine).toBe(false);
    expect(verify('sendgrid', { body, headers }, { secrets, now: NOW + 301_000 }).genuine).toBe(false);
    expect(verify('sendgrid', { body, headers }, { secrets, now: NOW - 301_000 }).genuine).toBe(false);
    for (const signature of ['', 'AAAA', 'not base64', 'A'.repeat(9999)])
      expect(
        verify('sendgrid', { body, headers: { ...headers, 'x-twilio-email-event-webhook-signature': signature } }, { secrets }).genuine,
      ).toBe(false);
  });

  test('has a public key, and nothing else is taken for one', () => {
    const { secretProblem, newSecret } = providerNamed('sendgrid');
    expect(secretProblem(key.publicKey)).toBeNull();
    expect(secretProblem(newSecret(new Uint8Array(32).fill(7)))).toBeNull();
    for (const wrong of ['', 'secret', 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE']) expect(secretProblem(wrong)).not.toBeNull();
  });
});

describe('Mailgun', () => {
  test('signs a time and a token, by which a post is known', () => {
    const body = mailgunBody({ event: 'failed' }, SECRET, NOW);
    expect(verify('mailgun', { body })).toEqual({ genuine: true, eventId: 'a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0' });
    expect(verify('mailgun', { body: body.replace('a8ce', 'a8cf') }).genuine).toBe(false);
    expect(verify('mailgun', { body }, { now: NOW + 3_600_000 }).genuine).toBe(true);
    for (const age of [3_602_000, -3_602_000]) expect(verify('mailgun', { body }, { now: NOW + age }).genuine).toBe(false);
  });

  test.each(['{}', 'null', '[]', 'no json', '{"signature":"abc"}', '{"signature":{"timestamp":[],"token":{},"signature":1}}'])(
    'is refused when it says %s',
    (body) => {
      expect(verify('mailgun', { body }).genuine).toBe(false);
    },
  );
});

describe('Postmark', () => {
  const body = JSON.stringify({ RecordType: 'Bounce', MessageID: 'm-1' });
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

  test('proves itself by basic authentication or by a header, and is known by message and kind', () => {
    expect(verify('postmark', { body, headers: basic(`couponry:${SECRET}`) })).toEqual({ genuine: true, eventId: 'm-1 Bounce' });
    expect(verify('postmark', { body, headers: { 'x-ours': SECRET } }, { settings: { header: 'X-Ours' } }).genuine).toBe(true);
    for (const headers of [{}, basic('couponry:wrong'), basic(`other:${SECRET}`), basic(''), { authorization: SECRET }])
      expect(verify('postmark', { body, headers }).genuine).toBe(false);
    expect(verify('postmark', { body, headers: basic(`couponry:${SECRET}`) }, { settings: { header: 'X-Ours' } }).genuine).toBe(false);
  });

  test('tells of addresses without a message, each of which is an event of its own', () => {
    const change = (Recipient: string) =>
      JSON.stringify({ RecordType: 'SubscriptionChange', MessageID: '00000000-0000-0000-0000-000000000000', Recipient });
    const ids = ['a@example.com', 'b@example.com'].map((each) =>
      verify('postmark', { body: change(each), headers: basic(`couponry:${SECRET}`) }),
    );
    expect(new Set(ids.map((each) => (each.genuine ? each.eventId : ''))).size).toBe(2);
  });
});

describe('Amazon SNS', () => {
  const key = snsKey();
  const settings = { topic_arns: ['arn:aws:sns:eu-central-1:123456789012:ses-bounces'] };
  const trust = { settings, certificate: key.certificate };
  const body = (fields: Record<string, string> = {}, version: '1' | '2' = '2') =>
    snsBody({ Message: '{"notificationType":"Bounce"}', ...fields }, key, NOW, version);
  const certificateUrl = (text: string) => providerNamed('aws-sns').certificateUrl?.(postOf(text), settings) ?? null;

  test.each(['1', '2'] as const)('signs by version %s, with and without a subject', (version) => {
    expect(verify('aws-sns', { body: body({}, version) }, trust)).toEqual({
      genuine: true,
      eventId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
    });
    expect(verify('aws-sns', { body: body({ Subject: 'Amazon SES' }, version) }, trust).genuine).toBe(true);
  });

  test('is refused tampered with, from other topics, under another certificate, too old and too early', () => {
    expect(verify('aws-sns', { body: body().replace('Bounce', 'Bouncf') }, trust).genuine).toBe(false);
    expect(verify('aws-sns', { body: body({ TopicArn: 'arn:aws:sns:eu-central-1:999999999999:mine' }) }, trust)).toMatchObject({
      genuine: false,
      reason: expect.stringContaining('topic_arns'),
    });
    expect(verify('aws-sns', { body: body() }, { settings, certificate: snsKey().certificate }).genuine).toBe(false);
    expect(verify('aws-sns', { body: body() }, { settings, certificate: 'no certificate' }).genuine).toBe(false);
    for (const age of [3_602_000, -3_602_000])
      expect(verify('aws-sns', { body: body() }, { ...trust, now: NOW + age }).genuine).toBe(false);
    for (const text of ['', 'null', '[]', '{}', '{"Type":"Notification"}'])
      expect(verify('aws-sns', { body: text }, trust).genuine).toBe(false);
  });

  test.each([
    ['https://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem', true],
    ['https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-1.pem', true],
    ['http://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem', false],
    ['https://sns.us-east-1.amazonaws.com.evil.example/cert.pem', false],
    ['https://evil.example/sns.us-east-1.amazonaws.com/cert.pem', false],
    ['https://sns.us-east-1.amazonaws.com@evil.example/cert.pem', false],
    ['https://user@sns.us-east-1.amazonaws.com/cert.pem', false],
    ['https://sns.us-east-1.amazonaws.com:8443/cert.pem', false],
    ['https://bucket.s3.amazonaws.com/cert.pem', false],
    ['https://sns.us-east-1.amazonaws.com/cert.pem?x=.pem', false],
    ['https://sns.us-east-1.amazonaws.com/topic', false],
    ['file:///etc/passwd.pem', false],
  ])('takes its certificate from %s: %s', (SigningCertURL, taken) => {
    expect(certificateUrl(body({ SigningCertURL })) !== null).toBe(taken);
  });

  test('has a certificate fetched for no topic but its own', () => {
    expect(certificateUrl(body({ TopicArn: 'arn:aws:sns:eu-central-1:999999999999:mine' }))).toBeNull();
  });

  test('wants a subscription confirmed, at its own host only', () => {
    const confirmation = (SubscribeURL: string) =>
      body({ Type: 'SubscriptionConfirmation', SubscribeURL, Token: 't', Message: 'You have chosen to subscribe' });
    const good = confirmation('https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=t');
    expect(verify('aws-sns', { body: good }, trust).genuine).toBe(true);
    expect(providerNamed('aws-sns').confirmationUrl?.(postOf(good))).toContain('Action=ConfirmSubscription');
    expect(verify('aws-sns', { body: confirmation('https://evil.example/') }, trust).genuine).toBe(false);
    expect(providerNamed('aws-sns').confirmationUrl?.(postOf(body()))).toBeNull();
  });
});

test('every provider has a title, steps to set it up, and makes secrets that it takes itself', () => {
  for (const { title, setup, newSecret, secretProblem } of providers) {
    expect([title, setup].every((text) => text.length > 3)).toBe(true);
    expect(secretProblem(newSecret(new Uint8Array(32).fill(9)))).toBeNull();
  }
});
