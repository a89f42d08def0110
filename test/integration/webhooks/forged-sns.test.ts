import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createHooksRouter } from '../../../api/hooks/router.ts';
import { createSourceRoutes } from '../../../api/routes/sources.ts';
import { startApi, type TestApi } from '../../harness/api.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { createProject } from '../../harness/project.ts';
import { snsBody, snsKey } from '../../harness/signed-posts.ts';
import { testBox } from '../../harness/webhook-source.ts';

const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:ses-bounces';
const [amazon, mallory] = [snsKey(), snsKey()];
/** What was asked for. Whoever is asked answers with their own certificate. */
const fetched: string[] = [];
const fetcher = {
  get: async ({ href, hostname }: URL) => {
    fetched.push(href);
    return { status: 200, retryAfter: undefined, body: (hostname.endsWith('.amazonaws.com') ? amazon : mallory).certificate };
  },
};

let database: TestDatabase;
let api: TestApi;
let path: string;

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  const log = { error: () => {}, info: () => {} };
  const deps = { sql, box: testBox, now: () => new Date(), randomBytes, publicUrl: 'https://coupons.example.com', log };
  api = await startApi(sql, {
    routes: createSourceRoutes(deps),
    routers: [createHooksRouter({ ...deps, addressOf: () => '127.0.0.1', fetcher })],
  });
  const source = { name: 'bounces', provider: 'aws-sns', settings: { topic_arns: [TOPIC] } };
  const made = await api.as(await createProject(sql))('POST', '/v1/sources', source);
  path = new URL(made.body.url as string).pathname;
});
beforeEach(() => {
  fetched.length = 0;
});
afterAll(async () => {
  await api.stop();
  await database.drop();
});

const post = async (body: string) => (await api.send(path, { method: 'POST', body })).status;

describe('who plays Amazon SNS', () => {
  test.each([
    'https://evil.example/cert.pem',
    'https://sns.eu-west-1.amazonaws.com.evil.example/cert.pem',
    'https://sns.eu-west-1.amazonaws.com@evil.example/cert.pem',
    'https://bucket.s3.amazonaws.com/cert.pem',
    'http://sns.eu-west-1.amazonaws.com/cert.pem',
    'http://169.254.169.254/cert.pem',
  ])('with a certificate at %s is refused, and nothing is fetched', async (SigningCertURL) => {
    expect(await post(snsBody({ Message: '{}', SigningCertURL }, mallory, Date.now()))).toBe(401);
    expect(fetched).toEqual([]);
  });

  test('under Amazon’s certificate is refused, and so is a subscription that is confirmed elsewhere', async () => {
    const SigningCertURL = 'https://sns.eu-west-1.amazonaws.com/cert.pem';
    expect(await post(snsBody({ Message: '{}', SigningCertURL }, mallory, Date.now()))).toBe(401);
    const subscribe = { Type: 'SubscriptionConfirmation', Message: 'confirm', Token: 't', SigningCertURL };
    expect(await post(snsBody({ ...subscribe, SubscribeURL: 'https://evil.example/' }, amazon, Date.now()))).toBe(401);
    expect(fetched.every((url) => url === SigningCertURL)).toBe(true);
    expect(await post(snsBody({ Message: '{}', SigningCertURL }, amazon, Date.now()))).toBe(200);
  });
});
