import express, { type ErrorRequestHandler, type Router } from 'express';
import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import type { Sql } from '../db/client.ts';
import { newId } from '../db/ids.ts';
import { DomainError } from '../domain/errors.ts';
import type { RateLimits } from '../domain/rate-limit.ts';
import { createAuthentication } from './http/auth.ts';
import { createClientAddress } from './http/client-address.ts';
import { createDocsRoutes } from './http/docs-ui.ts';
import { errorBody, statusOf, toDomainError } from './http/errors.ts';
import { createKernel, send } from './http/kernel.ts';
import type { MetadataSchemas } from './catalogue/metadata-schemas.ts';
import { createRateLimits } from './http/rate-limits.ts';
import type { Route } from './http/route.ts';
import { createHealthRoutes, type ReadinessCheck } from './routes/health.ts';
import { createSharedBuckets } from './http/shared-buckets.ts';

export interface AppDeps {
  sql: Sql;
  log: Pick<Logger, 'error'>;
  metadata: Pick<MetadataSchemas, 'check'>;
  /** Everything below /v1 and /client/v1. */
  routes: Route[];
  /** What reads its own bytes and authenticates in its own way, such as POST /hooks/{source}. */
  routers: Router[];
  /** What /readyz asks, by name. */
  checks: Record<string, ReadinessCheck>;
  /** What /readyz asks too, and does without. */
  told?: Record<string, ReadinessCheck>;
  /** What a project has not of its own. */
  rateLimits?: RateLimits;
  /** Nets of our own proxies, whose X-Forwarded-For is believed. */
  trustedProxies?: readonly string[];
}

const isApi = (url: string): boolean => url.startsWith('/v1/') || url.startsWith('/client/v1/');

/** What Express throws for a path that is not percent-encoded UTF-8. */
const isBadPath = (error: unknown): boolean =>
  error instanceof URIError || (error instanceof Error && 'status' in error && error.status === 400);

/**
 * The HTTP application. It does not listen: bin/ does. What is below /v1 goes to the kernel as Node gives it; Express, which dresses each
 * request anew, has the rest.
 */
export const createApp = (deps: AppDeps): RequestListener => {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');

  const handle = createKernel(deps.routes, {
    ...deps,
    authenticate: createAuthentication(deps),
    limits: createRateLimits(createSharedBuckets(deps.sql), deps.rateLimits),
    addressOf: createClientAddress(deps.trustedProxies ?? []),
  });
  app.use(createHealthRoutes(deps.checks, deps.told));
  app.use(createDocsRoutes(deps.routes));
  for (const router of deps.routers) app.use(router);

  app.use((req, res) => {
    const requestId = newId('request');
    const error = new DomainError('resource_not_found', 'There is nothing at this address.', {
      details: `${req.method} ${req.path.slice(0, 200)}`,
    });
    send(res, { status: statusOf[error.key], body: errorBody(error, requestId) }, requestId);
  });
  const refuse: ErrorRequestHandler = (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error);
    const requestId = newId('request');
    const refusal = isBadPath(error) ? new DomainError('invalid_query_params', 'The path cannot be read.') : toDomainError(error);
    if (statusOf[refusal.key] >= 500) deps.log.error({ err: error, requestId, method: req.method, url: req.url }, 'a request failed');
    send(res, { status: statusOf[refusal.key], body: errorBody(refusal, requestId) }, requestId);
  };
  app.use(refuse);

  return (req, res) => {
    if (isApi(req.url!)) void handle(req, res);
    else app(req, res);
  };
};
