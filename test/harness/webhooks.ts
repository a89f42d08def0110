import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { drainDestination, type DrainDeps } from '../../activities/delivery/drain.ts';
import { createPoster, type PosterDeps } from '../../activities/delivery/post.ts';
import { createWebhookTransport } from '../../activities/delivery/webhook.ts';
import { createWebhookMails } from '../../activities/delivery/webhook-mail.ts';
import { createMailRenderer } from '../../activities/mail/render.ts';
import type { Sql } from '../../db/client.ts';
import { planDeliveries } from '../../db/delivery/deliveries.ts';
import { insertEndpoint, sealEndpointSecrets, type Endpoint, type EndpointConfig } from '../../db/webhook/endpoints.ts';
import type { SecretBox } from '../../db/secret-box.ts';
import { newSigningSecret } from '../../domain/webhook/signature/outgoing.ts';
import { WEB_PORTS } from '../../domain/delivery/web-address.ts';
import { LINKS } from './mailing.ts';

interface ReceivedWebhook {
  headers: IncomingHttpHeaders;
  body: string;
}

type Answering = (response: ServerResponse, request: IncomingMessage, count: number) => void;

export interface WebhookReceiver {
  url: string;
  received: ReceivedWebhook[];
  /** What it answers; 200 until told otherwise. */
  answer: (answering: Answering) => void;
  close: () => Promise<void>;
}

const ok: Answering = (response) => void response.end('taken');

/** A real HTTP server that answers as it is told. */
export const startReceiver = async (host = '127.0.0.1', port = 0): Promise<WebhookReceiver> => {
  const received: ReceivedWebhook[] = [];
  let answering = ok;
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    received.push({ headers: request.headers, body: await text(request) });
    answering(response, request, received.length);
  };
  const server = createServer((request, response) => void take(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/hooks`,
    received,
    answer: (next) => {
      answering = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

type EngineOptions = Partial<PosterDeps> & Partial<Pick<DrainDeps, 'leaseMs' | 'runForMs'>> & { nets?: string[] };

/** Delivers webhooks as bin/ wires it, and may reach this machine. */
export const createWebhookEngine = (sql: Sql, box: SecretBox, { nets = ['127.0.0.1'], leaseMs, runForMs, ...more }: EngineOptions = {}) => {
  const poster = createPoster({ policy: { nets, ports: WEB_PORTS }, timeoutMs: 2_000, ...more });
  const now = () => new Date();
  const renderer = createMailRenderer();
  const mails = createWebhookMails({ sql, renderer, links: LINKS, now });
  const webhook = createWebhookTransport({ sql, box, poster, mails, now });
  const deps: DrainDeps = {
    sql,
    now,
    random: () => 0.5,
    transports: { webhook },
    ...(leaseMs && { leaseMs }),
    ...(runForMs && { runForMs }),
  };
  return {
    transport: webhook,
    drain: (endpoint: Pick<Endpoint, 'id'>) => drainDestination(deps, endpoint.id, new AbortController().signal),
    close: () => {
      poster.close();
      void renderer.close();
    },
  };
};

export interface TestEndpoint extends Endpoint {
  secret: string;
  /** Plans webhooks, one for each customer that is named. @returns their ids */
  plan: (customers: (string | null)[]) => Promise<string[]>;
}

export const createTestEndpoint = async (
  sql: Sql,
  box: SecretBox,
  projectId: string,
  { headers = {}, ...config }: Partial<EndpointConfig> & { url: string; headers?: Record<string, string> },
): Promise<TestEndpoint> => {
  const secret = newSigningSecret('v1', randomBytes(32));
  const draft = {
    name: null,
    config: { event_types: ['*'], description: null, ordered: false, disable_after_days: 5, ...config },
    sealed: sealEndpointSecrets(box, projectId, { signing: [{ secret, until: null }], headers }),
    state: 'active' as const,
    ratePerSecond: null,
  };
  const endpoint = await sql.begin((tx) => insertEndpoint(tx, projectId, draft));
  const plan = async (customers: (string | null)[]): Promise<string[]> => {
    const rows = customers.map((customerId, place) => ({
      projectId,
      destinationId: endpoint.id,
      kind: 'webhook' as const,
      dedupeKey: `test ${randomBytes(8).toString('hex')}`,
      customerId,
      enrolmentId: null,
      eventId: null,
      priority: 3,
      dueAt: new Date(),
      payload: {
        type: 'order.paid',
        body: { type: 'order.paid', timestamp: new Date().toISOString(), data: { customer: customerId, place } },
      },
    }));
    return (await sql.begin((tx) => planDeliveries(tx, rows))).filter((id) => id !== null);
  };
  return { ...endpoint, secret, plan };
};
