import type { Sql } from '../../db/client.ts';
import { disableDestination, noteFailure, noteSuccess } from '../../db/delivery/destination-health.ts';
import type { WebhookPayload } from '../../db/delivery/deliveries.ts';
import type { LeasedDelivery } from '../../db/delivery/leases.ts';
import type { Destination } from '../../db/delivery/destinations.ts';
import { activeSecrets, findEndpoint, openEndpointSecrets, type EndpointConfig, type EndpointSecrets } from '../../db/webhook/endpoints.ts';
import { recordEvents } from '../../db/event/events.ts';
import type { SecretBox } from '../../db/secret-box.ts';
import { awsHeaders } from '../../domain/webhook/aws-signature.ts';
import { retryAfter } from '../../domain/delivery/retry-after.ts';
import { WEBHOOK_RETRY_SCHEDULE } from '../../domain/delivery/retry-schedule.ts';
import { isRenderedMessage } from '../../domain/delivery/rendered-message.ts';
import { json, type FormattedBody } from '../../domain/webhook/formats/format.ts';
import { webhookFormatNamed } from '../../domain/webhook/formats/registry.ts';
import { signatureHeader } from '../../domain/webhook/signature/outgoing.ts';
import { createOAuthTokens } from './oauth.ts';
import { tellOwner } from './owner-mail.ts';
import type { Posted, Poster } from './post.ts';
import type { SendOutcome, Transport } from './transport.ts';
import type { WebhookMails } from './webhook-mail.ts';

export interface WebhookDeps {
  sql: Sql;
  box: SecretBox;
  poster: Poster;
  /** Renders the mails that webhooks carry. */
  mails: WebhookMails;
  now: () => Date;
}

const CONCURRENCY = 20;
const DAY_MS = 86_400_000;
/** A destination is not given up for fewer, however long ago the first was. */
const LEAST_FAILURES = 10;
/** They say that it is too much for them, or for what stands before them. */
const THROTTLED = new Set([429, 502, 504]);
/** How long such an endpoint is left alone where it does not say so itself. */
const THROTTLE_MS = 5_000;

const configOf = ({ config }: Destination): EndpointConfig => config as unknown as EndpointConfig;

/** Delivers webhooks, signed by Standard Webhooks, and looks after endpoints that fail. */
export const createWebhookTransport = ({ sql, box, poster, mails, now }: WebhookDeps): Transport => {
  /** Endpoints that had nothing but successes since we looked last: those need no note of another one. */
  const well = new Set<string>();
  const tokens = createOAuthTokens(poster);

  const noteWell = async (id: string): Promise<void> => {
    if (well.has(id)) return;
    await noteSuccess(sql, id);
    well.add(id);
  };

  const disable = (destination: Destination, reason: string, more: { failing_since?: string; failures?: number }): Promise<void> =>
    sql.begin(async (tx) => {
      if (!(await disableDestination(tx, destination.id, reason))) return;
      const { url, owner_email: ownerEmail } = configOf(destination);
      const data = { endpoint_id: destination.id, url, reason, ...more };
      const at = now();
      const event = { type: 'webhook.endpoint.disabled', customerId: null, dedupeKey: null, occurredAt: at };
      await recordEvents(tx, [{ projectId: destination.projectId, data, ...event }]);
      if (ownerEmail === undefined) return;
      const failingSince = more.failing_since ?? null;
      await tellOwner(tx, { projectId: destination.projectId, endpointId: destination.id, url, ownerEmail, reason, failingSince }, at);
    });

  const noteIll = async (destination: Destination, holdMs: number | null): Promise<void> => {
    well.delete(destination.id);
    const at = now();
    const heldUntil = holdMs === null ? null : new Date(at.getTime() + holdMs);
    const { failingSince, failures } = await noteFailure(sql, destination.id, at, heldUntil);
    const days = configOf(destination).disable_after_days;
    if (days === null || failures < LEAST_FAILURES || at.getTime() - failingSince.getTime() < days * DAY_MS) return;
    await disable(destination, 'failing', { failing_since: failingSince.toISOString(), failures });
  };

  const outcomeOf = async (destination: Destination, posted: Posted): Promise<SendOutcome> => {
    if ('failure' in posted) {
      await noteIll(destination, null);
      return { outcome: 'retry', answer: posted.failure, unreachable: true };
    }
    const { status, body: answer } = posted;
    if (status >= 200 && status < 300) {
      await noteWell(destination.id);
      return { outcome: 'accepted', answer, status };
    }
    if (status === 410) {
      await disable(destination, 'gone', {});
      return { outcome: 'failed', reason: 'gone', answer, status };
    }
    const throttled = THROTTLED.has(status);
    const asked = throttled ? retryAfter(posted.retryAfter, now().getTime()) : null;
    await noteIll(destination, throttled ? (asked ?? THROTTLE_MS) : null);
    return { outcome: 'retry', answer, status, ...(asked !== null && { waitMs: asked }) };
  };

  /** What goes over the wire: our own shape, or that of an email system's API; null where the latter is asked to tell what is no mail. */
  const bodyOf = (destination: Destination, { id, payload }: LeasedDelivery): FormattedBody | null => {
    const { body } = payload as WebhookPayload;
    const format = webhookFormatNamed(configOf(destination).format);
    if (format === null) return json(body);
    const data: unknown = (body as { data?: unknown }).data;
    return isRenderedMessage(data) ? format.body(data, id) : null;
  };

  const send = async (destination: Destination, delivery: LeasedDelivery, secrets: EndpointSecrets): Promise<SendOutcome> => {
    const formatted = bodyOf(destination, delivery);
    if (formatted === null)
      return { outcome: 'failed', reason: 'no_mail', answer: 'This event carries no mail with an address to send it to.' };
    const token = secrets.oauth && (await tokens.tokenOf(destination.id, secrets.oauth));
    if (token && 'failure' in token) return outcomeOf(destination, token);
    const at = now();
    const { contentType, text: body } = formatted;
    const timestamp = Math.floor(at.getTime() / 1000);
    const headers = {
      ...secrets.headers,
      ...token,
      'content-type': contentType,
      'user-agent': 'Couponry',
      'accept-encoding': 'identity',
      'webhook-id': delivery.id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signatureHeader(activeSecrets(secrets, at), { id: delivery.id, timestamp, body }),
    };
    const url = new URL(configOf(destination).url);
    const signature = secrets.aws && awsHeaders(secrets.aws, { method: 'POST', url, headers: { 'content-type': contentType }, body }, at);
    const posted = await poster.post(url, { ...headers, ...signature }, body, secrets.certificate);
    if (secrets.oauth && 'status' in posted && posted.status === 401) tokens.forget(destination.id, secrets.oauth);
    return outcomeOf(destination, posted);
  };

  return {
    concurrency: () => CONCURRENCY,
    retrySchedule: (destination) => configOf(destination).retry_schedule ?? WEBHOOK_RETRY_SCHEDULE,
    ordered: (destination) => configOf(destination).ordered,
    prepare: async (destination, deliveries) => {
      const endpoint = await findEndpoint(sql, destination.projectId, destination.id);
      // Deleted meanwhile, with its deliveries.
      if (!endpoint) return [];
      const current = { ...destination, config: endpoint.config as unknown as Destination['config'] };
      const secrets = openEndpointSecrets(box, endpoint);
      const { ready, settled } = await mails(destination.projectId, deliveries);
      return [...settled, ...ready.map((delivery) => ({ delivery, messageId: delivery.id, send: () => send(current, delivery, secrets) }))];
    },
  };
};
