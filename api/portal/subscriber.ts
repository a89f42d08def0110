import type { Sql } from '../../db/client.ts';
import { planDeliveries } from '../../db/delivery/deliveries.ts';
import {
  activeSecrets,
  findEndpoint,
  lockEndpoint,
  openEndpointSecrets,
  rotated,
  sealEndpointSecrets,
  writeEndpoint,
  type Endpoint,
} from '../../db/webhook/endpoints.ts';
import { newId } from '../../db/ids.ts';
import { withRetries } from '../../db/delivery/retries.ts';
import type { SecretBox } from '../../db/secret-box.ts';
import {
  findWebhookDelivery,
  listWebhookAttempts,
  listWebhookDeliveries,
  resendWebhook,
  type WebhookDelivery,
} from '../../db/webhook/deliveries.ts';
import { webhookOf } from '../../db/webhook/events.ts';
import type { PortalAccess } from '../../domain/webhook/portal-token.ts';
import { webhookEventTypes } from '../../domain/webhook/event-types.ts';
import { RENDERED_EVENT } from '../../domain/webhook/formats/registry.ts';
import { newSigningSecret, verifyingSecret, versionOf } from '../../domain/webhook/signature/outgoing.ts';
import { notFound } from '../http/errors.ts';
import { endpointView, webhookAttemptView, webhookDeliveryView } from '../webhook/views.ts';

export interface PortalDeps {
  sql: Sql;
  box: SecretBox;
  now: () => Date;
  randomBytes: (count: number) => Uint8Array;
}

type State = WebhookDelivery['state'];

const PAGE = 25;
const DAY_MS = 86_400_000;
const TEST_EVENT = 'redemption.succeeded';

/** What a subscriber may do with their own endpoint, and see of it: everything stays within the endpoint of the link. */
export const createSubscriber = ({ sql, box, now, randomBytes }: PortalDeps) => {
  const load = async ({ projectId, endpointId }: PortalAccess): Promise<Endpoint> => {
    const endpoint = await findEndpoint(sql, projectId, endpointId);
    if (!endpoint) throw notFound('webhook_endpoint', endpointId);
    return endpoint;
  };

  const loadDelivery = async ({ projectId, endpointId }: PortalAccess, id: string): Promise<WebhookDelivery> => {
    const delivery = await findWebhookDelivery(sql, projectId, id);
    if (delivery?.destinationId !== endpointId) throw notFound('webhook_delivery', id);
    return delivery;
  };

  const secretsView = (endpoint: Endpoint) => {
    const at = now();
    const secrets = openEndpointSecrets(box, endpoint);
    return { secret: verifyingSecret(activeSecrets(secrets, at)[0] ?? ''), secrets: endpointView(endpoint, secrets, at).secrets };
  };

  return {
    endpoint: async (access: PortalAccess) => {
      const endpoint = await load(access);
      const { url, description, event_types, ordered, state, disabled_reason, failing_since, held_until, created_at } = endpointView(
        endpoint,
        openEndpointSecrets(box, endpoint),
        now(),
      );
      const shown = { url, description, event_types, ordered, state, disabled_reason, failing_since, held_until, created_at };
      return { ...shown, link_until: new Date(access.until).toISOString() };
    },
    deliveries: async (access: PortalAccess, query: { state?: State; after?: string }) => {
      const filter = { endpointId: access.endpointId, ...(query.state && { state: query.state }) };
      const request = { limit: PAGE, page: 1, descending: true, ...(query.after !== undefined && { startingAfter: query.after }) };
      const page = await listWebhookDeliveries(sql, access.projectId, filter, request);
      return { total: page.total, has_more: page.hasMore, deliveries: page.rows.map(webhookDeliveryView) };
    },
    delivery: async (access: PortalAccess, id: string) => {
      const delivery = await loadDelivery(access, id);
      const attempts = (await listWebhookAttempts(sql, delivery)).map(webhookAttemptView);
      return { ...webhookDeliveryView(delivery), body: delivery.payload.body, attempts };
    },
    /** Null while it is on the wire. */
    resend: async (access: PortalAccess, id: string) => {
      await loadDelivery(access, id);
      const resent = await withRetries(() => sql.begin((tx) => resendWebhook(tx, access.projectId, id, now())));
      return resent && webhookDeliveryView(resent);
    },
    secret: async (access: PortalAccess) => secretsView(await load(access)),
    rotate: (access: PortalAccess) =>
      withRetries(() =>
        sql.begin(async (tx) => {
          const before = await lockEndpoint(tx, access.projectId, access.endpointId);
          if (!before) throw notFound('webhook_endpoint', access.endpointId);
          const secrets = openEndpointSecrets(box, before);
          const secret = newSigningSecret(versionOf(secrets.signing[0]?.secret ?? ''), randomBytes(32));
          const at = now();
          const sealed = sealEndpointSecrets(box, access.projectId, rotated(secrets, secret, new Date(at.getTime() + DAY_MS)));
          return secretsView(await writeEndpoint(tx, before, { ...before, sealed }, at));
        }),
      ),
    test: (access: PortalAccess) =>
      withRetries(() =>
        sql.begin(async (tx) => {
          const endpoint = await lockEndpoint(tx, access.projectId, access.endpointId);
          if (!endpoint) throw notFound('webhook_endpoint', access.endpointId);
          const type = endpoint.config.format === undefined ? TEST_EVENT : RENDERED_EVENT;
          const data = webhookEventTypes.find((each) => each.type === type)?.example ?? {};
          const at = now();
          const event = { id: newId('event'), projectId: access.projectId, type, data, customerId: null, occurredAt: at, recordedAt: at };
          const [id = null] = await planDeliveries(tx, [{ ...webhookOf(event, endpoint.id, new Map(), at), eventId: null }]);
          return webhookDeliveryView((await findWebhookDelivery(tx, access.projectId, id ?? '')) as WebhookDelivery);
        }),
      ),
  };
};
