import type { IncomingMessage } from 'node:http';
import { Router, type Request } from 'express';
import type { Logger } from 'pino';
import { newId } from '../../db/ids.ts';
import { DomainError } from '../../domain/errors.ts';
import { errorBody, statusOf, toDomainError } from '../http/errors.ts';
import { readBody } from '../http/json-body.ts';
import { send } from '../http/kernel.ts';
import { createIntake, TooManyPosts, type IntakeDeps, type Received } from './intake.ts';

export interface HooksDeps extends IntakeDeps {
  /** Where this API is reached from outside, such as `https://coupons.example.com`: some senders sign the whole address. */
  publicUrl: string;
  /** From where a request comes. */
  addressOf: (req: IncomingMessage) => string;
  /** Tells the relay, where it runs in this process, that something came. */
  hint?: () => void;
  log: Pick<Logger, 'error' | 'info'>;
}

const headersOf = (req: Request): Record<string, string> =>
  Object.fromEntries(
    Object.entries(req.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );

/**
 * POST /hooks/{source}: takes a webhook as it comes, byte for byte, proves who sent it, stores it and answers 200. What it means is
 * worked out afterwards, so an answer takes a few milliseconds, whatever Temporal does. Mount it before anything reads bodies.
 */
export const createHooksRouter = (deps: HooksDeps): Router => {
  const take = createIntake(deps);
  const router = Router();

  const receive = async (req: Request): Promise<Received> => {
    const sourceId = /^\/([\w-]{1,100})\/?(?:\?|$)/.exec(req.url)?.[1];
    if (sourceId === undefined) throw new DomainError('resource_not_found', 'Webhooks are posted to /hooks/{source id}');
    if (req.method !== 'POST') throw new DomainError('method_not_allowed', 'This address takes POST only.');
    const body = await readBody(req);
    if (req.headers['content-encoding'] !== undefined && req.headers['content-encoding'] !== 'identity')
      throw new DomainError('unsupported_media_type', 'Send the body uncompressed: Content-Encoding is not supported.');
    const url = `${deps.publicUrl}${req.originalUrl}`;
    const received = await take(sourceId, { method: req.method, url, headers: headersOf(req), body, address: deps.addressOf(req) });
    if (!received.duplicate) deps.hint?.();
    return received;
  };

  router.use('/hooks', async (req, res) => {
    const requestId = newId('request');
    // Without what follows the path, which may be a secret.
    const path = req.originalUrl.replace(/\?.*$/s, '');
    try {
      const { acknowledgement, id, duplicate } = await receive(req);
      if (acknowledgement === undefined) send(res, { status: 200, body: { received: true, id, duplicate } }, requestId);
      else res.writeHead(200, { 'Content-Type': acknowledgement.contentType, 'X-Request-Id': requestId }).end(acknowledgement.text);
    } catch (error) {
      const refusal = toDomainError(error);
      if (statusOf[refusal.key] >= 500) deps.log.error({ err: error, requestId, path }, 'a webhook could not be taken');
      if (refusal.key === 'invalid_signature') deps.log.info({ requestId, path, reason: refusal.details }, 'a webhook was refused');
      const headers: Record<string, string> = {
        ...(refusal.key === 'method_not_allowed' && { Allow: 'POST' }),
        ...(refusal instanceof TooManyPosts && { 'Retry-After': String(refusal.retryAfterS) }),
        ...(refusal.key === 'payload_too_large' && { Connection: 'close' }),
      };
      send(res, { status: statusOf[refusal.key], body: errorBody(refusal, requestId), headers }, requestId);
    }
  });
  return router;
};
