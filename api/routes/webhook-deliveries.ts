import type { Sql } from '../../db/client.ts';
import {
  findWebhookDelivery,
  listWebhookAttempts,
  listWebhookDeliveries,
  resendWebhook,
  type WebhookDelivery,
} from '../../db/webhook/deliveries.ts';
import { DomainError } from '../../domain/errors.ts';
import { notFound } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import {
  listWebhookDeliveriesQuery,
  webhookDeliveryListSchema,
  webhookDeliveryParams,
  webhookDeliverySchema,
  webhookDeliveryWithAttemptsSchema,
} from '../schemas/webhook-delivery.ts';
import { webhookAttemptView, webhookDeliveryView } from '../webhook/views.ts';

export interface WebhookDeliveryRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const missing = { description: 'There is no such delivery' };
const common = { tag: 'Webhooks' };

export const createWebhookDeliveryRoutes = ({ sql, now }: WebhookDeliveryRoutesDeps): Route[] => {
  const load = async (projectId: string, id: string): Promise<WebhookDelivery> => {
    const delivery = await findWebhookDelivery(sql, projectId, id);
    if (!delivery) throw notFound('webhook_delivery', id);
    return delivery;
  };

  return [
    route({
      ...common,
      method: 'get',
      path: '/v1/webhooks/deliveries',
      summary: 'List webhooks, sent and to be sent',
      scope: 'webhooks:read',
      query: listWebhookDeliveriesQuery,
      responses: { 200: { description: 'Deliveries', schema: webhookDeliveryListSchema } },
      handler: async ({ project, query }) => {
        const { limit, page, order, starting_after: startingAfter, endpoint, event, event_type: eventType, state } = query;
        const filter = { endpointId: endpoint, eventId: event, eventType, state };
        const request = { limit, page, startingAfter, descending: order === '-created_at' };
        const page_ = await listWebhookDeliveries(sql, project.id, filter, request);
        return { status: 200, body: list('deliveries', page_.rows.map(webhookDeliveryView), page_) };
      },
    }),
    route({
      ...common,
      method: 'get',
      path: '/v1/webhooks/deliveries/{id}',
      summary: 'Get a webhook with its body and its attempts',
      scope: 'webhooks:read',
      params: webhookDeliveryParams,
      responses: { 200: { description: 'The delivery', schema: webhookDeliveryWithAttemptsSchema }, 404: missing },
      handler: async ({ project, params }) => {
        const delivery = await load(project.id, params.id);
        const attempts = (await listWebhookAttempts(sql, delivery)).map(webhookAttemptView);
        return { status: 200, body: { ...webhookDeliveryView(delivery), body: delivery.payload.body, attempts } };
      },
    }),
    route({
      ...common,
      method: 'post',
      path: '/v1/webhooks/deliveries/{id}/resend',
      summary: 'Send a webhook again, or now, under its id',
      scope: 'webhooks:write',
      params: webhookDeliveryParams,
      responses: {
        200: { description: 'The delivery, planned again', schema: webhookDeliverySchema },
        404: missing,
        409: { description: 'It is on the wire at this moment' },
      },
      handler: ({ project, params, write }) =>
        write(async (tx) => {
          const resent = await resendWebhook(tx, project.id, params.id, now());
          if (resent) return { status: 200, body: webhookDeliveryView(resent) };
          await load(project.id, params.id);
          throw new DomainError('resource_in_use', 'This webhook is on the wire at this moment.', {
            resource: { id: params.id, type: 'webhook_delivery' },
          });
        }),
    }),
  ];
};
