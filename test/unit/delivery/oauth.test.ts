import { expect, test, vi } from 'vitest';
import { createOAuthTokens } from '../../../activities/delivery/oauth.ts';
import type { Poster } from '../../../activities/delivery/post.ts';

const client = { token_url: 'https://id.example/token', client_id: 'a', client_secret: 'b', scope: null, audience: null };

/** An issuer whose tokens are good for so many seconds. */
const issuer = (expiresIn: unknown) => {
  let issued = 0;
  const post = vi.fn<Poster['post']>(async () => {
    issued += 1;
    return { status: 200, retryAfter: undefined, body: JSON.stringify({ access_token: `token-${issued}`, expires_in: expiresIn }) };
  });
  let now = 1_000;
  const passed = (seconds: number): void => void (now += seconds * 1000);
  return { post, passed, tokens: createOAuthTokens({ post }, { now: () => now }) };
};

test('a token is used until half a minute before it ends, and then another is fetched', async () => {
  const { post, passed, tokens } = issuer(3600);
  const ask = () => tokens.tokenOf('dest_1', client);
  expect(await ask()).toEqual({ authorization: 'Bearer token-1' });
  passed(3569);
  expect(await ask()).toEqual({ authorization: 'Bearer token-1' });
  passed(2);
  expect(await ask()).toEqual({ authorization: 'Bearer token-2' });
  expect(post).toHaveBeenCalledTimes(2);
});

test.each([undefined, 'soon', null, {}])('a token of which the issuer says %j is fetched again within five minutes', async (expiresIn) => {
  const { passed, tokens } = issuer(expiresIn);
  await tokens.tokenOf('dest_1', client);
  passed(260);
  expect(await tokens.tokenOf('dest_1', client)).toEqual({ authorization: 'Bearer token-1' });
  passed(20);
  expect(await tokens.tokenOf('dest_1', client)).toEqual({ authorization: 'Bearer token-2' });
});

test('webhooks that wait for a token share its request, and each endpoint and each set of credentials has its own', async () => {
  const { post, tokens } = issuer(3600);
  const shared = await Promise.all(Array.from({ length: 20 }, () => tokens.tokenOf('dest_1', client)));
  expect(new Set(shared.map((token) => JSON.stringify(token))).size).toBe(1);
  expect(post).toHaveBeenCalledTimes(1);
  await tokens.tokenOf('dest_2', client);
  await tokens.tokenOf('dest_1', { ...client, client_secret: 'new' });
  expect(post).toHaveBeenCalledTimes(3);
});
