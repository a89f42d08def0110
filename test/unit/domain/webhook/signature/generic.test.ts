import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { providerNamed } from '../../../../../domain/webhook/signature/registry.ts';

const provider = providerNamed('generic');
const NOW = 1_800_000_000_000;
const post = (headers: Record<string, string>, body = 'Hello, World!') => ({
  method: 'POST',
  url: 'https://coupons.example.com/hooks/src_1',
  headers,
  body: Buffer.from(body),
});
const settingsOf = (settings: unknown) => provider.settings.parse(settings);

describe('a sender of one’s own', () => {
  const github = settingsOf({ signature_header: 'X-Hub-Signature-256', prefix: 'sha256=', event_id: { header: 'X-GitHub-Delivery' } });
  const SECRET = "It's a Secret to Everybody";
  const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';

  test('is understood by GitHub’s published vector', () => {
    const headers = { 'x-hub-signature-256': signature, 'x-github-delivery': 'd-1' };
    expect(provider.verify(post(headers), [SECRET], github, NOW)).toEqual({ genuine: true, eventId: 'd-1' });
    expect(provider.verify(post(headers, 'Hello, World?'), [SECRET], github, NOW).genuine).toBe(false);
    expect(provider.verify(post(headers), ['another secret of theirs'], github, NOW).genuine).toBe(false);
  });

  test('is known by the hash of its body where it brings no id', () => {
    const answer = provider.verify(post({ 'x-hub-signature-256': signature }), [SECRET], github, NOW);
    expect(answer).toEqual({ genuine: true, eventId: `sha256:${createHash('sha256').update('Hello, World!').digest('hex')}` });
  });

  test('signs a timestamp too, in its own format', () => {
    const settings = settingsOf({
      signature_header: 'X-Sig',
      algorithm: 'sha512',
      encoding: 'base64',
      signed: 'v0:{timestamp}:{body}',
      timestamp_header: 'X-At',
      timestamp_unit: 'ms',
      event_id: { path: 'data.id' },
    });
    const sign = (at: string, body: string) => createHmac('sha512', SECRET).update(`v0:${at}:${body}`).digest('base64');
    const body = '{"data":{"id":42}}';
    const at = String(NOW);
    const verify = (time: string, signed = time) =>
      provider.verify(post({ 'x-sig': sign(signed, body), 'x-at': time }, body), [SECRET], settings, NOW);
    expect(verify(at)).toEqual({ genuine: true, eventId: '42' });
    expect(verify(String(NOW - 301_000)).genuine).toBe(false);
    expect(verify(String(NOW + 301_000)).genuine).toBe(false);
    expect(verify(String(NOW + 1), at).genuine).toBe(false);
    expect(verify('').genuine).toBe(false);
  });

  test.each([
    ['signs nothing of the body', { signature_header: 'x', signed: '{timestamp}', timestamp_header: 't', event_id: 'body' }],
    ['trusts a timestamp that is not signed', { signature_header: 'x', timestamp_header: 't', event_id: 'body' }],
    ['does not say where the id stands', { signature_header: 'x' }],
    ['has an unknown setting', { signature_header: 'x', event_id: 'body', allow: 'all' }],
  ])('is refused when it %s', (_what, settings) => {
    expect(provider.settings.safeParse(settings).success).toBe(false);
  });
});
