import type { Sql, Tx } from '../../db/client.ts';
import { planDeliveries } from '../../db/delivery/deliveries.ts';
import {
  deleteEndpoint,
  findEndpoint,
  insertEndpoint,
  listEndpoints,
  lockEndpoint,
  rotated,
  writeEndpoint,
} from '../../db/webhook/endpoints.ts';
import { openEndpointSecrets, sealEndpointSecrets, type Endpoint } from '../../db/webhook/endpoints.ts';
import { newId } from '../../db/ids.ts';
import type { SecretBox } from '../../db/secret-box.ts';
import { isSvixEndpoint } from '../../db/delivery/svix-destinations.ts';
import { webhookOf } from '../../db/webhook/events.ts';
import { findWebhookDelivery, recoverEndpoint, replayWebhooks, type WebhookDelivery } from '../../db/webhook/deliveries.ts';
import { later } from '../../domain/calendar.ts';
import { DomainError } from '../../domain/errors.ts';
import type { AddressPolicy } from '../../domain/delivery/web-address.ts';
import { subscribes, webhookEventTypes } from '../../domain/webhook/event-types.ts';
import { RENDERED_EVENT } from '../../domain/webhook/formats/registry.ts';
import { newSigningSecret, verifyingSecret, versionOf, type SignatureVersion } from '../../domain/webhook/signature/outgoing.ts';
import { checkEndpoint, configOf, secretsOf, signsIn } from '../webhook/endpoint-draft.ts';
import { notFound } from '../http/errors.ts';
import { route, type Answer, type Route } from '../http/route.ts';
import {
  createEndpointBody,
  endpointListSchema,
  endpointParams,
  endpointSchema,
  endpointSecretSchema,
  endpointWithSecretSchema,
  eventTypeListSchema,
  rotateEndpointSecretBody,
  testEndpointBody,
  updateEndpointBody,
} from '../schemas/endpoint.ts';
import { list } from '../schemas/list.ts';
import {
  recoverBody,
  recoveredSchema,
  replayedWebhooksSchema,
  replayWebhooksBody,
  webhookDeliverySchema,
} from '../schemas/webhook-delivery.ts';
import { endpointView, eventTypeView, webhookDeliveryView } from '../webhook/views.ts';

export interface EndpointRoutesDeps {
  sql: Sql;
  box: SecretBox;
  now: () => Date;
  randomBytes: (count: number) => Uint8Array;
  /** Which addresses may be reached. */
  addresses: AddressPolicy;
  /** Whether a Svix server delivers, as far as it can. */
  svix?: boolean;
}

const SECRET_BYTES = 32;
const TEST_EVENT = 'redemption.succeeded';
const PATH = '/v1/webhooks/endpoints/{id}';
const missing = { description: 'There is no such endpoint' };
const found = { description: 'The endpoint', schema: endpointSchema };
const withSecret = { description: 'The endpoint, and the secret to verify with', schema: endpointWithSecretSchema };
const exists = { description: 'An endpoint of this name exists' };
const common = { tag: 'Webhooks' };
const reading = { ...common, scope: 'webhooks:read' };
const writing = { ...common, scope: 'webhooks:write' };

/** What Svix delivered is not known here: all of it would come twice. */
const recoveredBySvix = (id: string) =>
  new DomainError('resource_in_use', 'Svix delivers to this endpoint: recover what it missed there.', {
    resource: { id, type: 'webhook_endpoint' },
  });

export const createEndpointRoutes = ({ sql, box, now, randomBytes, addresses, svix = false }: EndpointRoutesDeps): Route[] => {
  const load = async (projectId: string, id: string): Promise<Endpoint> => {
    const endpoint = await findEndpoint(sql, projectId, id);
    if (!endpoint) throw notFound('webhook_endpoint', id);
    return endpoint;
  };
  const lock = async (tx: Tx, projectId: string, id: string): Promise<Endpoint> => {
    const endpoint = await lockEndpoint(tx, projectId, id);
    if (!endpoint) throw notFound('webhook_endpoint', id);
    return endpoint;
  };
  const view = (endpoint: Endpoint) => endpointView(endpoint, openEndpointSecrets(box, endpoint), now());
  const secretOf = (endpoint: Endpoint): string => verifyingSecret(openEndpointSecrets(box, endpoint).signing[0]?.secret ?? '');

  const newSecret = (version: SignatureVersion): string => newSigningSecret(version, randomBytes(SECRET_BYTES));

  /** Adds the newest secret, which must not be kept with the answer of an Idempotency-Key. */
  const tellSecret = async (projectId: string, answer: Answer): Promise<Answer> => {
    const endpoint = await load(projectId, (answer.body as { id: string }).id);
    return { ...answer, body: { ...(answer.body as object), secret: secretOf(endpoint) } };
  };

  return [
    route({
      ...reading,
      method: 'get',
      path: '/v1/webhooks/event-types',
      summary: 'List the events that can be subscribed to, with the JSON Schema of their webhooks',
      description: 'Events that CRMs and shops tell can be subscribed to as well, by the names that they have there.',
      responses: { 200: { description: 'Types of events', schema: eventTypeListSchema } },
      handler: async () => {
        const total = webhookEventTypes.length;
        return { status: 200, body: list('event_types', webhookEventTypes.map(eventTypeView), { total, hasMore: false }) };
      },
    }),
    route({
      ...reading,
      method: 'get',
      path: '/v1/webhooks/endpoints',
      summary: 'List the endpoints that webhooks are posted to',
      responses: { 200: { description: 'Endpoints', schema: endpointListSchema } },
      handler: async ({ project }) => {
        const endpoints = await listEndpoints(sql, project.id);
        return { status: 200, body: list('endpoints', endpoints.map(view), { total: endpoints.length, hasMore: false }) };
      },
    }),
    route({
      ...writing,
      method: 'post',
      path: '/v1/webhooks/endpoints',
      summary: 'Create an endpoint: an address that gets signed webhooks of the events it subscribes to',
      body: createEndpointBody,
      responses: { 200: withSecret, 409: exists },
      handler: async ({ project, body, write }) => {
        checkEndpoint(body, null, addresses);
        const signing = [{ secret: body.secret ?? newSecret(body.signature), until: null }];
        const secrets = secretsOf(body, { signing, headers: {} });
        const sealed = sealEndpointSecrets(box, project.id, secrets);
        const draft = {
          name: body.name,
          config: { ...configOf(body, {}), ...signsIn(secrets) },
          sealed,
          state: body.state,
          ratePerSecond: body.rate_per_second,
        };
        const answer = await write(async (tx) => ({ status: 200, body: view(await insertEndpoint(tx, project.id, draft)) }));
        return tellSecret(project.id, answer);
      },
    }),
    route({
      ...reading,
      method: 'get',
      path: PATH,
      summary: 'Get an endpoint',
      params: endpointParams,
      responses: { 200: found, 404: missing },
      handler: async ({ project, params }) => ({ status: 200, body: view(await load(project.id, params.id)) }),
    }),
    route({
      ...writing,
      method: 'put',
      path: PATH,
      summary: 'Change an endpoint, pause it, or switch it on again',
      description: 'What is left out stays as it is. One that is switched on gets what waits for it; what it has missed, `recover` brings.',
      params: endpointParams,
      body: updateEndpointBody,
      responses: { 200: found, 404: missing, 409: exists },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          const before = await lock(tx, project.id, params.id);
          checkEndpoint(body, before.config, addresses);
          const secrets = secretsOf(body, openEndpointSecrets(box, before));
          const draft = {
            name: body.name === undefined ? before.name : body.name,
            config: { ...configOf({ ...body, url: body.url ?? before.config.url }, before.config), ...signsIn(secrets) },
            sealed: sealEndpointSecrets(box, project.id, secrets),
            state: body.state ?? before.state,
            ratePerSecond: body.rate_per_second === undefined ? before.ratePerSecond : body.rate_per_second,
          };
          return { status: 200, body: view(await writeEndpoint(tx, before, draft, now())) };
        }),
    }),
    route({
      ...writing,
      method: 'delete',
      path: PATH,
      summary: 'Delete an endpoint with its deliveries',
      params: endpointParams,
      responses: { 204: { description: 'Deleted' }, 404: missing },
      handler: ({ project, params, write }) =>
        write(async (tx) => {
          if (!(await deleteEndpoint(tx, project.id, params.id))) throw notFound('webhook_endpoint', params.id);
          return { status: 204 };
        }),
    }),
    route({
      ...writing,
      method: 'get',
      path: `${PATH}/secret`,
      summary: 'Get the secret, or the public key, that an endpoint verifies its webhooks with',
      params: endpointParams,
      responses: { 200: { description: 'The newest one', schema: endpointSecretSchema }, 404: missing },
      handler: async ({ project, params }) => ({ status: 200, body: { secret: secretOf(await load(project.id, params.id)) } }),
    }),
    route({
      ...writing,
      method: 'post',
      path: `${PATH}/rotate-secret`,
      summary: 'Give an endpoint a new secret; webhooks are signed with those before it as well for a while',
      params: endpointParams,
      body: rotateEndpointSecretBody,
      responses: { 200: withSecret, 404: missing },
      handler: async ({ project, params, body, write }) => {
        const answer = await write(async (tx) => {
          const before = await lock(tx, project.id, params.id);
          const secrets = openEndpointSecrets(box, before);
          const secret = body.secret ?? newSecret(body.signature ?? versionOf(secrets.signing[0]?.secret ?? ''));
          const until = new Date(later(now().toISOString(), body.overlap, 'UTC'));
          const sealed = sealEndpointSecrets(box, project.id, rotated(secrets, secret, until));
          return { status: 200, body: view(await writeEndpoint(tx, before, { ...before, sealed }, now())) };
        });
        return tellSecret(project.id, answer);
      },
    }),
    route({
      ...writing,
      method: 'post',
      path: `${PATH}/test`,
      summary: 'Send an endpoint an example, whatever it subscribes to',
      params: endpointParams,
      body: testEndpointBody,
      responses: { 200: { description: 'The delivery, planned', schema: webhookDeliverySchema }, 404: missing },
      handler: async ({ project, params, body, write }) => {
        return write(async (tx) => {
          const endpoint = await lock(tx, project.id, params.id);
          const type = body.event_type ?? (endpoint.config.format === undefined ? TEST_EVENT : RENDERED_EVENT);
          const example = webhookEventTypes.find((each) => each.type === type)?.example ?? {};
          const at = now();
          const event = { id: newId('event'), projectId: project.id, type, data: example, customerId: null };
          const [id] = await planDeliveries(tx, [
            { ...webhookOf({ ...event, occurredAt: at, recordedAt: at }, endpoint.id, new Map(), at), eventId: null },
          ]);
          const delivery = (await findWebhookDelivery(tx, project.id, id ?? '')) as WebhookDelivery;
          return { status: 200, body: webhookDeliveryView(delivery) };
        });
      },
    }),
    route({
      ...writing,
      method: 'post',
      path: `${PATH}/recover`,
      summary: 'Send an endpoint again what failed since a time, and what it has missed',
      params: endpointParams,
      body: recoverBody,
      responses: { 200: { description: 'How many', schema: recoveredSchema }, 404: missing, 409: { description: 'Svix delivers to it' } },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          const endpoint = await load(project.id, params.id);
          if (svix && isSvixEndpoint(endpoint)) throw recoveredBySvix(endpoint.id);
          const wants = (type: string) => subscribes(endpoint.config.event_types, type);
          const { resent, planned, nextSince } = await recoverEndpoint(tx, endpoint, { since: body.since, now: now(), wants });
          const answer = { object: 'webhook_recovery', resent, planned, next_since: nextSince?.toISOString() ?? null };
          return { status: 200, body: answer };
        }),
    }),
    route({
      ...writing,
      method: 'post',
      path: `${PATH}/replay`,
      summary: 'Send an endpoint the webhooks of a range again, under their ids',
      params: endpointParams,
      body: replayWebhooksBody,
      responses: { 200: { description: 'How many', schema: replayedWebhooksSchema }, 404: missing },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          const endpoint = await load(project.id, params.id);
          const at = now();
          const range = { from: body.from, until: body.until ?? at, eventTypes: body.event_types, states: body.states };
          const { resent, nextFrom } = await replayWebhooks(tx, endpoint, range, at);
          return { status: 200, body: { object: 'webhook_replay', resent, next_from: nextFrom?.toISOString() ?? null } };
        }),
    }),
  ];
};
