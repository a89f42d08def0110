import { z } from 'zod';

const MOST = 1_000_000_000;

const perMinute = (what: string) =>
  z
    .int()
    .min(0)
    .max(MOST)
    .meta({ description: `${what}, a minute; 0: no limit` });

const limits = {
  project_requests: perMinute('Requests of the project, all keys together'),
  key_requests: perMinute('Requests of one API key'),
  address_requests: perMinute('Requests of one address to /client/v1'),
  key_failures: perMinute('Codes that do not exist, tried with one key'),
  address_failures: perMinute('Codes that do not exist, tried from one address at /client/v1'),
  customer_failures: perMinute('Codes that do not exist, tried for one customer'),
};

const { project_requests, key_requests, address_requests, key_failures, address_failures, customer_failures } = limits;

export const rateLimitsBody = z.strictObject({
  project_requests: project_requests.nullish(),
  key_requests: key_requests.nullish(),
  address_requests: address_requests.nullish(),
  key_failures: key_failures.nullish(),
  address_failures: address_failures.nullish(),
  customer_failures: customer_failures.nullish(),
});

export const rateLimitsSchema = z.object({ object: z.literal('rate_limits'), ...limits }).meta({ id: 'RateLimits' });
