import type { Sql } from '../../db/client.ts';
import { recordEvents } from '../../db/event/events.ts';
import { readRateLimits, writeRateLimits, type OwnRateLimits } from '../../db/project/rate-limits.ts';
import type { RateLimits } from '../../domain/rate-limit.ts';
import { route, type Route } from '../http/route.ts';
import { rateLimitsBody, rateLimitsSchema } from '../schemas/rate-limits.ts';

export interface RateLimitRoutesDeps {
  sql: Sql;
  now: () => Date;
  /** The installation's, for what a project has not of its own. */
  rateLimits: RateLimits;
}

const tag = 'Rate limits';
const found = { 200: { description: 'The limits that count', schema: rateLimitsSchema } };

/** What is left out stays; null goes back to the installation's. */
const changed = (own: OwnRateLimits, change: Record<string, number | null | undefined>): OwnRateLimits => {
  const told = Object.entries({ ...own, ...Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) });
  return Object.fromEntries(told.filter(([, value]) => value !== null));
};

export const createRateLimitRoutes = ({ sql, now, rateLimits }: RateLimitRoutesDeps): Route[] => {
  const view = (own: OwnRateLimits) => ({ object: 'rate_limits' as const, ...rateLimits, ...own });
  return [
    route({
      method: 'get',
      path: '/v1/rate-limits',
      tag,
      summary: 'How many requests and failed codes a minute takes',
      scope: 'project:read',
      responses: found,
      handler: async ({ project }) => ({ status: 200, body: view(await readRateLimits(sql, project.id)) }),
    }),
    route({
      method: 'put',
      path: '/v1/rate-limits',
      tag,
      summary: 'Change the limits of this project',
      description: "What is left out stays; null goes back to the installation's. It counts within seconds.",
      scope: 'project:write',
      body: rateLimitsBody,
      responses: found,
      handler: ({ project, body, write }) =>
        write(async (tx) => {
          await tx`select from project where id = ${project.id} for no key update`;
          const own = changed(await readRateLimits(tx, project.id), body);
          await writeRateLimits(tx, project.id, own);
          const type = 'project.rate_limits.updated';
          await recordEvents(tx, [{ projectId: project.id, type, customerId: null, data: { ...own }, dedupeKey: null, occurredAt: now() }]);
          return { status: 200, body: view(own) };
        }),
    }),
  ];
};
