import path from 'node:path';
import { z } from 'zod';
import { DEFAULT_RATE_LIMITS, type RateLimits } from '../domain/rate-limit.ts';
import { isNet, WEB_PORTS } from '../domain/delivery/web-address.ts';

const urlOf = (protocols: string[], example: string) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    error: `must be an address such as ${example}`,
  });

const numberBetween = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, { error: `must be a whole number from ${least} to ${most}`, abort: true })
    .transform(Number)
    .refine((value) => value >= least && value <= most, { error: `must be a whole number from ${least} to ${most}` });

const oneOf = <const T extends string>(values: readonly [T, ...T[]]) => z.enum(values, { error: `must be one of ${values.join(', ')}` });

const secretKey = z
  .string()
  .refine((value) => /^[A-Za-z0-9+/]{43}=$/.test(value), { error: 'must be 32 bytes in base64, such as `openssl rand -base64 32` makes' })
  .transform((value) => Buffer.from(value, 'base64'));

/** Values that stand apart by commas. */
const listOf = (isOne: (text: string) => boolean, error: string) =>
  z
    .string()
    .transform((text) => text.split(',').map((each) => each.trim()))
    .refine((values) => values.every(isOne), { error });

const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;

const RATE_LIMITS_ERROR = `must be numbers by name such as key_requests=600000,address_failures=60, of ${Object.keys(DEFAULT_RATE_LIMITS).join(', ')}`;

/** Limits by name, as the API calls them. */
const rateLimits = z
  .string()
  .refine(
    (text) => text.split(',').every((each) => Object.hasOwn(DEFAULT_RATE_LIMITS, /^\s*(\w+)\s*=\s*\d{1,9}\s*$/.exec(each)?.[1] ?? '')),
    {
      error: RATE_LIMITS_ERROR,
    },
  )
  .transform((text) => ({
    ...DEFAULT_RATE_LIMITS,
    ...Object.fromEntries(text.split(',').map((each) => [each.split('=')[0]!.trim(), Number(each.split('=')[1])])),
  }));

/** Both or none: one alone is a mistake. */
const svixOf = (url: string | undefined, token: string | undefined): Configuration['svix'] => {
  if (url !== undefined && token !== undefined) return { url: url.replace(/\/+$/, ''), token };
  if (url === undefined && token === undefined) return null;
  throw new ConfigurationError('SVIX_URL and SVIX_TOKEN must be set together');
};

/** Every variable that Couponry reads, with its default. */
const schema = z.object({
  PORT: numberBetween(1, 65_535).default(8080),
  HOST: z.string().default('127.0.0.1'),
  COUPONRY_DATA_DIR: z.string().default('.couponry'),
  DATABASE_URL: urlOf(['postgres:', 'postgresql:'], 'postgres://user:password@host:5432/couponry').optional(),
  COUPONRY_DATABASE_CONNECTIONS: numberBetween(2, 500).default(20),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s/:]+:\d{1,5}$/, { error: 'must be host:port, such as 127.0.0.1:7233' })
    .optional(),
  TEMPORAL_NAMESPACE: z.string().regex(/^\S+$/, { error: 'must be a name without spaces' }).default('default'),
  SMTP_URL: urlOf(['smtp:', 'smtps:'], 'smtp://user:password@host:587').optional(),
  COUPONRY_ACTIVITY_MODE: oneOf(['direct', 'temporal']).default('direct'),
  COUPONRY_TASK_QUEUE_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,60}$/, { error: 'must be 1 to 60 letters, digits, - and _' })
    .default('couponry'),
  COUPONRY_BUILD_ID: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/, { error: 'must be 1 to 60 letters, digits, ., - and _' })
    .optional(),
  COUPONRY_BUILD_POLICY: oneOf(['current', 'waits', 'off']).default('current'),
  COUPONRY_SECRET_KEY: secretKey.optional(),
  COUPONRY_PUBLIC_URL: urlOf(['http:', 'https:'], 'https://coupons.example.com').optional(),
  COUPONRY_MAIL_FROM: z.email({ error: 'must be an address such as coupons@example.com' }).default('coupons@example.com'),
  COUPONRY_WEBHOOK_NETS: listOf(isNet, 'must be nets such as 10.0.0.0/8,127.0.0.1').optional(),
  COUPONRY_WEBHOOK_PORTS: listOf(isPort, 'must be ports such as 80,443').optional(),
  SVIX_URL: urlOf(['http:', 'https:'], 'https://svix.example.com').optional(),
  SVIX_TOKEN: z.string().min(1).optional(),
  COUPONRY_TRUSTED_PROXIES: listOf(isNet, 'must be nets such as 10.0.0.0/8,127.0.0.1').optional(),
  COUPONRY_RATE_LIMITS: rateLimits.optional(),
  COUPONRY_WORKER_HEALTH_PORT: numberBetween(1, 65_535).optional(),
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

/** The names of all of them. */
export const VARIABLES = Object.keys(schema.shape);

export interface Configuration {
  port: number;
  /** The address that the API listens on. */
  host: string;
  /** Absolute. */
  dataDir: string;
  databaseUrl: string | null;
  databaseConnections: number;
  temporalAddress: string | null;
  temporalNamespace: string;
  smtpUrl: string | null;
  /** Whether the API calls validation and redemption in its process, or as Temporal Standalone Activities. */
  activityMode: 'direct' | 'temporal';
  taskQueuePrefix: string;
  /** What a worker is a version of, as Temporal knows it; null: that of the package. */
  buildId: string | null;
  /** Whether a build that starts is the one that workflows go on with, or waits for somebody to say so; off: workers have no versions. */
  buildPolicy: 'current' | 'waits' | 'off';
  /** 32 bytes, which secrets in the database are encrypted with. */
  secretKey: Buffer | null;
  /** Where the API is reached from outside, without a slash at the end. */
  publicUrl: string;
  mailFrom: string;
  /** Nets that are not public and may get webhooks nevertheless; null: none. */
  webhookNets: string[] | null;
  /** The ports at public addresses that may get webhooks. */
  webhookPorts: number[];
  /** The Svix server that delivers webhooks; null: we do. */
  svix: { url: string; token: string } | null;
  /** Nets of our own proxies, whose X-Forwarded-For is believed. */
  trustedProxies: string[];
  /** What a project has not of its own. */
  rateLimits: RateLimits;
  /** Where `worker` answers /healthz and /readyz; null: nowhere. */
  workerHealthPort: number | null;
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** A configuration that names where its services are, as the processes `api` and `worker` need it. */
export interface ServiceConfiguration extends Configuration {
  databaseUrl: string;
  temporalAddress: string;
  smtpUrl: string;
  secretKey: Buffer;
}

/** Values of the environment are wrong or missing. The message is one line that names each. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError';
}

const SECRET_VARIABLES = new Set(['COUPONRY_SECRET_KEY', 'SVIX_TOKEN', 'DATABASE_URL', 'SMTP_URL']);

const addressOf = (host: string): string => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host);

/**
 * Reads the configuration. An empty variable counts as one that is not set, as compose files write it.
 * @throws {ConfigurationError}
 */
export const readConfiguration = (env: NodeJS.ProcessEnv): Configuration => {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      return SECRET_VARIABLES.has(name) ? `${name} ${issue.message}` : `${name} ${issue.message}, not ${JSON.stringify(given[name])}`;
    });
    throw new ConfigurationError(problems.join('; '));
  }
  const { data } = parsed;
  return {
    port: data.PORT,
    host: data.HOST,
    dataDir: path.resolve(data.COUPONRY_DATA_DIR),
    databaseUrl: data.DATABASE_URL ?? null,
    databaseConnections: data.COUPONRY_DATABASE_CONNECTIONS,
    temporalAddress: data.TEMPORAL_ADDRESS ?? null,
    temporalNamespace: data.TEMPORAL_NAMESPACE,
    smtpUrl: data.SMTP_URL ?? null,
    activityMode: data.COUPONRY_ACTIVITY_MODE,
    taskQueuePrefix: data.COUPONRY_TASK_QUEUE_PREFIX,
    buildId: data.COUPONRY_BUILD_ID ?? null,
    buildPolicy: data.COUPONRY_BUILD_POLICY,
    secretKey: data.COUPONRY_SECRET_KEY ?? null,
    publicUrl: (data.COUPONRY_PUBLIC_URL ?? `http://${addressOf(data.HOST)}:${data.PORT}`).replace(/\/+$/, ''),
    mailFrom: data.COUPONRY_MAIL_FROM,
    webhookNets: data.COUPONRY_WEBHOOK_NETS ?? null,
    webhookPorts: data.COUPONRY_WEBHOOK_PORTS?.map(Number) ?? [...WEB_PORTS],
    svix: svixOf(data.SVIX_URL, data.SVIX_TOKEN),
    trustedProxies: data.COUPONRY_TRUSTED_PROXIES ?? [],
    rateLimits: data.COUPONRY_RATE_LIMITS ?? DEFAULT_RATE_LIMITS,
    workerHealthPort: data.COUPONRY_WORKER_HEALTH_PORT ?? null,
    logLevel: data.LOG_LEVEL,
  };
};

/**
 * Insists on the addresses of the services.
 * @throws {ConfigurationError} that names each that is missing
 */
export const requireServices = (configuration: Configuration): ServiceConfiguration => {
  const { databaseUrl, temporalAddress, smtpUrl, secretKey } = configuration;
  if (databaseUrl !== null && temporalAddress !== null && smtpUrl !== null && secretKey !== null) {
    return { ...configuration, databaseUrl, temporalAddress, smtpUrl, secretKey };
  }
  const missing = Object.entries({
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: temporalAddress,
    SMTP_URL: smtpUrl,
    COUPONRY_SECRET_KEY: secretKey,
  }).flatMap(([name, value]) => (value === null ? [name] : []));
  throw new ConfigurationError(`${missing.join(', ')} must be set: only \`couponry start\` brings up what is missing`);
};

/** The environment that gives another process the same configuration. */
export const environmentOf = (configuration: ServiceConfiguration): NodeJS.ProcessEnv => ({
  PORT: String(configuration.port),
  HOST: configuration.host,
  COUPONRY_DATA_DIR: configuration.dataDir,
  DATABASE_URL: configuration.databaseUrl,
  COUPONRY_DATABASE_CONNECTIONS: String(configuration.databaseConnections),
  TEMPORAL_ADDRESS: configuration.temporalAddress,
  TEMPORAL_NAMESPACE: configuration.temporalNamespace,
  SMTP_URL: configuration.smtpUrl,
  COUPONRY_ACTIVITY_MODE: configuration.activityMode,
  COUPONRY_TASK_QUEUE_PREFIX: configuration.taskQueuePrefix,
  COUPONRY_BUILD_ID: configuration.buildId ?? '',
  COUPONRY_BUILD_POLICY: configuration.buildPolicy,
  COUPONRY_SECRET_KEY: configuration.secretKey.toString('base64'),
  COUPONRY_PUBLIC_URL: configuration.publicUrl,
  COUPONRY_MAIL_FROM: configuration.mailFrom,
  COUPONRY_WEBHOOK_NETS: configuration.webhookNets?.join(',') ?? '',
  COUPONRY_WEBHOOK_PORTS: configuration.webhookPorts.join(','),
  SVIX_URL: configuration.svix?.url ?? '',
  SVIX_TOKEN: configuration.svix?.token ?? '',
  COUPONRY_TRUSTED_PROXIES: configuration.trustedProxies.join(','),
  COUPONRY_RATE_LIMITS: Object.entries(configuration.rateLimits)
    .map(([name, limit]) => `${name}=${limit}`)
    .join(','),
  COUPONRY_WORKER_HEALTH_PORT: configuration.workerHealthPort?.toString() ?? '',
  LOG_LEVEL: configuration.logLevel,
});
