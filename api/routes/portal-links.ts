import type { Sql } from '../../db/client.ts';
import { findEndpoint } from '../../db/webhook/endpoints.ts';
import { later } from '../../domain/calendar.ts';
import { DomainError } from '../../domain/errors.ts';
import { signPortalAccess } from '../../domain/webhook/portal-token.ts';
import { notFound } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import { endpointParams, portalLinkBody, portalLinkSchema } from '../schemas/endpoint.ts';

export interface PortalLinkDeps {
  sql: Sql;
  now: () => Date;
  /** Where the portal is reached, and what its links are signed with. */
  links: { publicUrl: string; key: Buffer };
}

const LONGEST_MS = 30 * 86_400_000;

/** Links to the page on which a subscriber looks after one endpoint. */
export const createPortalLinkRoutes = ({ sql, now, links }: PortalLinkDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/webhooks/endpoints/{id}/portal-link',
    tag: 'Webhooks',
    summary: 'Make a link to the page on which a subscriber looks after this endpoint',
    description:
      'Who has the link sees the endpoint’s webhooks and its secret, sends them again and rotates the secret, until the link ends.',
    scope: 'webhooks:write',
    params: endpointParams,
    body: portalLinkBody,
    responses: { 200: { description: 'The link', schema: portalLinkSchema }, 404: { description: 'There is no such endpoint' } },
    handler: async ({ project, params, body }) => {
      const endpoint = await findEndpoint(sql, project.id, params.id);
      if (!endpoint) throw notFound('webhook_endpoint', params.id);
      const at = now();
      const until = Date.parse(later(at.toISOString(), body.expires_in, 'UTC'));
      if (until <= at.getTime() || until - at.getTime() > LONGEST_MS) {
        const fields = [{ path: 'expires_in', message: 'must be more than nothing and 30 days at the most' }];
        throw new DomainError('invalid_payload', 'A link cannot be good for that long.', { fields });
      }
      const token = signPortalAccess(links.key, { projectId: project.id, endpointId: endpoint.id, until });
      const link = { url: `${links.publicUrl}/portal/#${token}`, expires_at: new Date(until).toISOString() };
      return { status: 200, body: { object: 'portal_link', ...link } };
    },
  }),
];
