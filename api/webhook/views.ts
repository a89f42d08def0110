import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { ClientCertificate, Endpoint, EndpointSecrets } from '../../db/webhook/endpoints.ts';
import type { WebhookAttempt, WebhookDelivery } from '../../db/webhook/deliveries.ts';
import type { WebhookEventType } from '../../domain/webhook/event-type.ts';
import { versionOf } from '../../domain/webhook/signature/outgoing.ts';

/** Whose a client certificate is, and until when. */
const certificateView = ({ cert }: ClientCertificate) => {
  const { subject, validTo } = new X509Certificate(cert);
  return { subject: subject.replaceAll('\n', ', '), valid_to: new Date(validTo).toISOString() };
};

/** An endpoint without its secrets: of its headers only the names. */
export const endpointView = (endpoint: Endpoint, { signing, headers, oauth, aws, certificate }: EndpointSecrets, now: Date) => ({
  id: endpoint.id,
  name: endpoint.name === endpoint.id ? null : endpoint.name,
  url: endpoint.config.url,
  event_types: endpoint.config.event_types,
  description: endpoint.config.description,
  headers: Object.keys(headers),
  rate_per_second: endpoint.ratePerSecond,
  ordered: endpoint.config.ordered,
  retry_schedule: endpoint.config.retry_schedule ?? null,
  disable_after_days: endpoint.config.disable_after_days,
  filter: endpoint.config.filter ?? null,
  format: endpoint.config.format ?? null,
  owner_email: endpoint.config.owner_email ?? null,
  oauth:
    oauth === undefined ? null : { token_url: oauth.token_url, client_id: oauth.client_id, scope: oauth.scope, audience: oauth.audience },
  aws: aws === undefined ? null : { access_key_id: aws.access_key_id, region: aws.region, service: aws.service },
  client_certificate: certificate === undefined ? null : certificateView(certificate),
  state: endpoint.state,
  disabled_reason: endpoint.state === 'disabled' ? endpoint.disabledReason : null,
  failing_since: endpoint.failingSince?.toISOString() ?? null,
  held_until: endpoint.heldUntil !== null && endpoint.heldUntil > now ? endpoint.heldUntil.toISOString() : null,
  secrets: signing
    .filter(({ until }) => until === null || Date.parse(until) > now.getTime())
    .map(({ secret, until }) => ({ signature: versionOf(secret), until })),
  created_at: endpoint.createdAt.toISOString(),
  updated_at: endpoint.updatedAt?.toISOString() ?? null,
  object: 'webhook_endpoint' as const,
});

export const webhookDeliveryView = (delivery: WebhookDelivery) => ({
  id: delivery.id,
  endpoint_id: delivery.destinationId,
  event_id: delivery.eventId,
  event_type: delivery.payload.type,
  state: delivery.state,
  reason: delivery.reason,
  due_at: delivery.dueAt.toISOString(),
  attempts_count: delivery.attempts,
  created_at: delivery.createdAt.toISOString(),
  finished_at: delivery.finishedAt?.toISOString() ?? null,
  object: 'webhook_delivery' as const,
});

export const webhookAttemptView = ({ number, outcome, status, answer, startedAt, finishedAt }: WebhookAttempt) => ({
  number,
  outcome,
  status,
  answer,
  started_at: startedAt.toISOString(),
  finished_at: finishedAt?.toISOString() ?? null,
  duration_ms: finishedAt === null ? null : finishedAt.getTime() - startedAt.getTime(),
});

const EXAMPLE_TIME = '2026-01-31T12:00:00.000Z';

const customerOf = z.object({ id: z.string(), source_id: z.string().nullable() }).nullable();

/** A type of event with the schema and an example of the whole body. */
export const eventTypeView = ({ type, description, data, example }: WebhookEventType) => ({
  type,
  description,
  schema: z.toJSONSchema(
    z.object({ type: z.literal(type), timestamp: z.iso.datetime(), event_id: z.string(), customer: customerOf, data }),
    { io: 'input' },
  ),
  example: {
    type,
    timestamp: EXAMPLE_TIME,
    event_id: 'evt_0192f3a8',
    customer: { id: 'cust_0192f3a8', source_id: 'crm-42' },
    data: example,
  },
});
