import { fileURLToPath } from 'node:url';
import { Router, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import { newId } from '../../db/ids.ts';
import { DomainError } from '../../domain/errors.ts';
import { readPortalAccess, type PortalAccess } from '../../domain/webhook/portal-token.ts';
import { errorBody, statusOf, toDomainError } from '../http/errors.ts';
import { send } from '../http/kernel.ts';
import { createSubscriber, type PortalDeps } from './subscriber.ts';

export interface PortalRouterDeps extends PortalDeps {
  /** What portal links are signed with. */
  links: { key: Buffer };
  log: Pick<Logger, 'error'>;
}

/** The page's own files and calls are all that it may load; nobody frames it, and no address learns from where its reader came. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Robots-Tag': 'noindex',
};

const FILES: Record<string, { file: string; type: string }> = {
  '/portal/': { file: 'portal.html', type: 'text/html; charset=utf-8' },
  '/portal/portal.css': { file: 'portal.css', type: 'text/css; charset=utf-8' },
  '/portal/portal.js': { file: 'portal.js', type: 'text/javascript; charset=utf-8' },
};
const STATES = ['planned', 'sending', 'accepted', 'failed'] as const;

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value.slice(0, 100) : undefined);

/**
 * /portal: the page on which a subscriber looks after one endpoint, without a login. The link's token stands behind its `#`, so that no
 * log and no proxy sees it, and comes as a bearer token with each call of the page.
 */
export const createPortalRouter = (deps: PortalRouterDeps): Router => {
  const subscriber = createSubscriber(deps);
  const router = Router({ strict: true });

  const accessOf = (req: Request): PortalAccess => {
    const [scheme, token = ''] = (req.headers.authorization ?? '').split(' ');
    const access = scheme === 'Bearer' ? readPortalAccess(deps.links.key, token, deps.now().getTime()) : null;
    if (!access) throw new DomainError('unauthorized', 'This link does not work any more.', { details: 'Ask for a new one.' });
    return access;
  };

  /** One call of the page: what it answers, or why not. */
  const call = (work: (access: PortalAccess, req: Request) => Promise<unknown>) => async (req: Request, res: Response) => {
    const requestId = newId('request');
    try {
      send(res, { status: 200, body: await work(accessOf(req), req) }, requestId, HEADERS);
    } catch (error) {
      const refusal = toDomainError(error);
      if (statusOf[refusal.key] >= 500) deps.log.error({ err: error, requestId, path: req.path }, 'a call of the portal failed');
      send(res, { status: statusOf[refusal.key], body: errorBody(refusal, requestId) }, requestId, HEADERS);
    }
  };

  router.get('/portal', (_req, res) => res.redirect(308, '/portal/'));
  for (const [path, { file, type }] of Object.entries(FILES))
    router.get(path, (_req, res) =>
      res
        .set({ ...HEADERS, 'Content-Type': type, 'Cache-Control': 'no-cache' })
        .sendFile(fileURLToPath(new URL(`./page/${file}`, import.meta.url)), { cacheControl: false }),
    );

  const id = (req: Request): string => String(req.params['id']);
  router.get('/portal/api/endpoint', call(subscriber.endpoint));
  router.get(
    '/portal/api/deliveries',
    call((access, { query }) => {
      const state = STATES.find((each) => each === query['state']);
      const after = textOf(query['after']);
      return subscriber.deliveries(access, { ...(state && { state }), ...(after && { after }) });
    }),
  );
  router.get(
    '/portal/api/deliveries/:id',
    call((access, req) => subscriber.delivery(access, id(req))),
  );
  router.post(
    '/portal/api/deliveries/:id/resend',
    call(async (access, req) => {
      const resent = await subscriber.resend(access, id(req));
      if (!resent) throw new DomainError('resource_in_use', 'This webhook is on the wire at this moment.');
      return resent;
    }),
  );
  router.get('/portal/api/secret', call(subscriber.secret));
  router.post('/portal/api/secret/rotate', call(subscriber.rotate));
  router.post('/portal/api/test', call(subscriber.test));
  return router;
};
