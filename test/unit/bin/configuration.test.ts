import { expect, test } from 'vitest';
import { DEFAULT_RATE_LIMITS } from '../../../domain/rate-limit.ts';
import { ConfigurationError, environmentOf, readConfiguration, requireServices } from '../../../bin/configuration.ts';

const key = Buffer.alloc(32, 1).toString('base64');
const services = {
  DATABASE_URL: 'postgres://user:pass@db.example:5432/couponry',
  TEMPORAL_ADDRESS: 'temporal.example:7233',
  SMTP_URL: 'smtp://mail.example:587',
  COUPONRY_SECRET_KEY: key,
};

test('nothing needs to be set', () => {
  expect(readConfiguration({})).toMatchObject({
    port: 8080,
    host: '127.0.0.1',
    databaseUrl: null,
    activityMode: 'direct',
    publicUrl: 'http://127.0.0.1:8080',
  });
});

test('an empty variable counts as one that is not set', () => {
  expect(readConfiguration({ PORT: '', DATABASE_URL: '' })).toEqual(readConfiguration({}));
});

test('the public address is where the API listens, unless it is named, without a slash at its end', () => {
  expect(readConfiguration({ HOST: '0.0.0.0', PORT: '9000' }).publicUrl).toBe('http://127.0.0.1:9000');
  expect(readConfiguration({ COUPONRY_PUBLIC_URL: 'https://coupons.example.com/' }).publicUrl).toBe('https://coupons.example.com');
});

test.each([
  [{ PORT: '0' }, 'PORT must be a whole number from 1 to 65535, not "0"'],
  [{ PORT: '80 80' }, 'PORT must be a whole number from 1 to 65535, not "80 80"'],
  [{ TEMPORAL_ADDRESS: 'http://temporal:7233' }, 'TEMPORAL_ADDRESS must be host:port, such as 127.0.0.1:7233, not "http://temporal:7233"'],
  [{ COUPONRY_ACTIVITY_MODE: 'both' }, 'COUPONRY_ACTIVITY_MODE must be one of direct, temporal, not "both"'],
  [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL must be one of trace, debug, info, warn, error, silent, not "loud"'],
  [{ COUPONRY_MAIL_FROM: 'shop' }, 'COUPONRY_MAIL_FROM must be an address such as coupons@example.com, not "shop"'],
  [
    { COUPONRY_WEBHOOK_NETS: '10.0.0.0/8,intranet' },
    'COUPONRY_WEBHOOK_NETS must be nets such as 10.0.0.0/8,127.0.0.1, not "10.0.0.0/8,intranet"',
  ],
  [{ COUPONRY_WEBHOOK_PORTS: '443,0' }, 'COUPONRY_WEBHOOK_PORTS must be ports such as 80,443, not "443,0"'],
  [{ COUPONRY_TRUSTED_PROXIES: 'nginx' }, 'COUPONRY_TRUSTED_PROXIES must be nets such as 10.0.0.0/8,127.0.0.1, not "nginx"'],
  [{ SMTP_URL: 'mail.example' }, 'SMTP_URL must be an address such as smtp://user:password@host:587'],
])('a wrong value is named, with what would be right: %o', (env, message) => {
  expect(() => readConfiguration(env)).toThrow(new ConfigurationError(message));
});

test('limits that are named count beside the others, and one that does not exist is refused', () => {
  const { rateLimits } = readConfiguration({ COUPONRY_RATE_LIMITS: 'key_requests=5, address_failures=0' });
  expect(rateLimits).toEqual({ ...DEFAULT_RATE_LIMITS, key_requests: 5, address_failures: 0 });
  for (const wrong of ['requests=5', 'key_requests=many', 'key_requests', 'toString=1'])
    expect(() => readConfiguration({ COUPONRY_RATE_LIMITS: wrong })).toThrow(/^COUPONRY_RATE_LIMITS must be numbers by name/);
});

test('every wrong value is named at once', () => {
  expect(() => readConfiguration({ PORT: 'x', LOG_LEVEL: 'loud' })).toThrow(/^PORT .*; LOG_LEVEL /);
});

test('a value that may hold a secret is not repeated', () => {
  const wrong = { DATABASE_URL: 'mysql://root:hunter2@db', COUPONRY_SECRET_KEY: 'hunter2' };
  expect(() => readConfiguration(wrong)).toThrow(ConfigurationError);
  expect(() => readConfiguration(wrong)).not.toThrow(/hunter2/);
});

test('a process that brings nothing up needs the addresses of all services', () => {
  expect(() => requireServices(readConfiguration({ ...services, SMTP_URL: '', TEMPORAL_ADDRESS: '' }))).toThrow(
    /^TEMPORAL_ADDRESS, SMTP_URL must be set/,
  );
  expect(requireServices(readConfiguration(services)).secretKey).toHaveLength(32);
});

test('a child reads the same configuration from the environment that it is given', () => {
  const configuration = requireServices(
    readConfiguration({
      ...services,
      PORT: '9000',
      COUPONRY_ACTIVITY_MODE: 'temporal',
      COUPONRY_WEBHOOK_NETS: '10.0.0.0/8, ::1',
      COUPONRY_RATE_LIMITS: 'key_requests=7',
    }),
  );
  expect(readConfiguration(environmentOf(configuration))).toEqual(configuration);
});
