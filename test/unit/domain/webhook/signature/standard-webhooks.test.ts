import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { describe, expect, test } from 'vitest';
import { providerNamed } from '../../../../../domain/webhook/signature/registry.ts';

const provider = providerNamed('standard-webhooks');
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const AT = 1614265330;
const BODY = '{"test": 2432232314}';
const V1 = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const V1A = 'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==';
/** The second half of the published private key `whsk_6Xb/…` is its public key. */
const PUBLIC_KEY = `whpk_${Buffer.from('6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==', 'base64').subarray(32).toString('base64')}`;

const post = (changes: { headers?: Record<string, string | undefined>; body?: string } = {}) => ({
  method: 'POST',
  url: 'https://coupons.example.com/hooks/src_1',
  headers: { 'webhook-id': ID, 'webhook-timestamp': String(AT), 'webhook-signature': V1, ...changes.headers },
  body: Buffer.from(changes.body ?? BODY),
});
const verify = (changes: Parameters<typeof post>[0] = {}, secrets = [SECRET], now = AT * 1000) =>
  provider.verify(post(changes), secrets, {}, now);

describe('a post signed by Standard Webhooks', () => {
  test('is genuine by the published vector, and known by its id', () => {
    expect(verify()).toEqual({ genuine: true, eventId: ID });
  });

  test('is genuine under the headers of Svix', () => {
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = post().headers;
    const headers = { 'svix-id': id, 'svix-timestamp': at, 'svix-signature': signature };
    expect(provider.verify({ ...post(), headers }, [SECRET], {}, AT * 1000)).toEqual({ genuine: true, eventId: ID });
  });

  test('is genuine by the published ed25519 vector and the public key', () => {
    expect(verify({ headers: { 'webhook-signature': V1A } }, [PUBLIC_KEY])).toEqual({ genuine: true, eventId: ID });
    expect(verify({ headers: { 'webhook-signature': V1A }, body: `${BODY} ` }, [PUBLIC_KEY]).genuine).toBe(false);
  });

  test('is genuine when its own libraries sign it', () => {
    const secret = provider.newSecret(new Uint8Array(32).fill(7));
    const now = new Date(1_800_000_000_000);
    for (const library of [new Webhook(secret), new SvixWebhook(secret)]) {
      const headers = {
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(now.getTime() / 1000),
        'webhook-signature': library.sign('msg_1', now, '{"naïve":"ü"}'),
      };
      expect(verify({ headers, body: '{"naïve":"ü"}' }, [secret], now.getTime())).toEqual({ genuine: true, eventId: 'msg_1' });
    }
  });

  test('is genuine by any signature of a list and any of the secrets', () => {
    const list = `v2,abc v1,AAAA ${V1} v1a,AAAA`;
    expect(verify({ headers: { 'webhook-signature': list } }).genuine).toBe(true);
    expect(verify({}, ['whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD', SECRET]).genuine).toBe(true);
  });

  test.each([
    ['body', { body: '{"test": 2432232315}' }],
    ['body, by one space', { body: `${BODY} ` }],
    ['id', { headers: { 'webhook-id': 'msg_other' } }],
    ['timestamp', { headers: { 'webhook-timestamp': String(AT + 1) } }],
    ['signature', { headers: { 'webhook-signature': V1.replace('g0', 'g1') } }],
    ['version of the signature', { headers: { 'webhook-signature': V1.replace('v1', 'v2') } }],
  ])('is refused when somebody changed its %s', (_what, changes) => {
    expect(verify(changes)).toMatchObject({ genuine: false, reason: expect.stringContaining('no signature matches') });
  });

  test('is refused under a secret of somebody else, and where there is none', () => {
    expect(verify({}, ['whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD']).genuine).toBe(false);
    expect(verify({}, []).genuine).toBe(false);
  });

  test.each([
    ['five minutes old', 300, true],
    ['five minutes ahead', -300, true],
    ['older than five minutes, a replay', 301, false],
    ['more than five minutes ahead', -301, false],
  ])('%s', (_what, age, genuine) => {
    expect(verify({}, [SECRET], (AT + age) * 1000).genuine).toBe(genuine);
  });

  test.each([
    '',
    ' 1614265330',
    '1614265330.0',
    '+1614265330',
    '0x60379032',
    '1e9',
    '1614265330abc',
    '-1614265330',
    'NaN',
    '١٦١٤٢٦٥٣٣٠',
    '9'.repeat(400),
  ])('is refused with the timestamp %j', (timestamp) => {
    expect(verify({ headers: { 'webhook-timestamp': timestamp } }).genuine).toBe(false);
  });

  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('is refused without the header %s, which it names', (name) => {
    const answer = verify({ headers: { [name]: undefined } });
    expect(answer).toMatchObject({ genuine: false, reason: expect.stringContaining(name) });
  });

  test.each(['v1', 'v1,', ',', '   ', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1O', 'v1,☃', `v1,${'A'.repeat(100_000)}`])(
    'is refused with the malformed signature %#',
    (signature) => {
      expect(verify({ headers: { 'webhook-signature': signature } }).genuine).toBe(false);
    },
  );
});

describe('a secret for Standard Webhooks', () => {
  test('is taken with and without whsec_, and as a public key', () => {
    for (const secret of [SECRET, SECRET.slice(6), PUBLIC_KEY]) expect(provider.secretProblem(secret)).toBeNull();
  });

  test.each(['whsec_', 'whsec_short', 'whsec_not base64 at all!!', 'whpk_AAAA'])('is refused when it is %j', (secret) => {
    expect(provider.secretProblem(secret)).not.toBeNull();
  });
});
