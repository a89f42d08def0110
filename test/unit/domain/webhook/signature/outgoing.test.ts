import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import {
  newSigningSecret,
  signatureHeader,
  signingSecretProblem,
  verifyingSecret,
  versionOf,
} from '../../../../../domain/webhook/signature/outgoing.ts';
import { standardWebhooks } from '../../../../../domain/webhook/signature/standard-webhooks.ts';

/** The vectors of the specification of Standard Webhooks. */
const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1614265330, body: '{"test": 2432232314}' };
const V1 = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const V1A = 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';

const random = (byte: number) => new Uint8Array(32).fill(byte);

const verify = (secret: string, header: string) =>
  standardWebhooks.verify(
    {
      method: 'POST',
      url: 'https://shop.example/hooks',
      headers: { 'webhook-id': message.id, 'webhook-timestamp': String(message.timestamp), 'webhook-signature': header },
      body: Buffer.from(message.body),
    },
    [secret],
    {},
    message.timestamp * 1000,
  );

describe('an outgoing signature', () => {
  test.each([
    [V1, 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
    [V1A, 'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=='],
  ])('is that of the specification', (secret, header) => {
    expect(signatureHeader([secret], message)).toBe(header);
  });

  test('is made with each secret while one replaces another, so that both verify', () => {
    const [fresh, old] = [newSigningSecret('v1', random(1)), newSigningSecret('v1a', random(2))];
    const header = signatureHeader([fresh, old], message);
    expect(header.split(' ')).toHaveLength(2);
    for (const secret of [fresh, old]) expect(verify(verifyingSecret(secret), header).genuine).toBe(true);
    expect(verify(newSigningSecret('v1', random(3)), header).genuine).toBe(false);
  });

  test('is one that the official library takes', () => {
    const now = new Date();
    const fresh = newSigningSecret('v1', random(4));
    const timestamp = Math.floor(now.getTime() / 1000);
    const headers = {
      'webhook-id': message.id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signatureHeader([fresh], { ...message, timestamp }),
    };
    expect(new Webhook(fresh).verify(message.body, headers)).toEqual({ test: 2432232314 });
  });
});

describe('a signing secret', () => {
  test('of ed25519 shows its public half only', () => {
    expect(verifyingSecret(V1)).toBe(V1);
    const key = verifyingSecret(V1A);
    expect(key).toMatch(/^whpk_/);
    expect(Buffer.from(key.slice(5), 'base64')).toHaveLength(32);
    expect([versionOf(V1), versionOf(V1A)]).toEqual(['v1', 'v1a']);
  });

  test.each([
    [V1, null],
    [V1A, null],
    ['hunter2', 'is base64 after whsec_ (HMAC) or whsk_ (ed25519)'],
    ['whsec_&', 'is base64 after whsec_ (HMAC) or whsk_ (ed25519)'],
    ['whsec_c2hvcnQ=', 'has 24 to 64 bytes, this one 5'],
    [`whsk_${Buffer.alloc(32, 1).toString('base64')}`, 'has 64 bytes, this one 32'],
    [`whsk_${Buffer.alloc(64, 1).toString('base64')}`, 'is no key pair: its public half is another’s'],
  ])('%s: %s', (secret, problem) => {
    expect(signingSecretProblem(secret)).toBe(problem);
  });
});
