import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { verifyingSecret } from '../../domain/webhook/signature/outgoing.ts';

interface Call {
  method: string;
  path: string;
  status: number;
  idempotencyKey: string | undefined;
}

interface Endpoint {
  uid: string;
  url: string;
  disabled: boolean;
  eventTypes: string[] | null;
  metadata: Record<string, string>;
  headers: Record<string, string>;
  secret: string;
  /** For how many seconds secrets before this one were said to be good. */
  graces: number[];
}

interface Message {
  id: string;
  eventId: string;
  eventType: string;
  payload: unknown;
}

interface Application {
  name: string;
  endpoints: Map<string, Endpoint>;
  messages: Message[];
}

/** What it answers instead, once; `true`: it takes the request and the answer is lost. */
type Trouble = (response: ServerResponse) => true | void;

export interface SvixStandIn {
  url: string;
  token: string;
  applications: Map<string, Application>;
  eventTypes: Map<string, unknown>;
  calls: Call[];
  /** The next requests whose path ends so meet trouble. */
  fail: (pathEnd: string, trouble: Trouble, times?: number) => void;
  close: () => Promise<void>;
}

const MOST_OLD_SECRETS = 10;
/** Some of what Svix does not let people set. */
const FORBIDDEN_HEADER = /^(cache-control|pragma|x-amz-|x-goog|svix-)/;
const DAY_S = 86_400;
const TIMES = { createdAt: '2026-01-31T12:00:00Z', updatedAt: '2026-01-31T12:00:00Z' };
const out = ({ secret: _secret, headers: _headers, graces: _graces, ...endpoint }: Endpoint) => ({
  id: `ep_${endpoint.uid}`,
  description: '',
  ...endpoint,
  ...TIMES,
});

/** A server that speaks Svix's API as far as it is used, keeps its rules, and fails when it is told to. */
export const startSvix = async (): Promise<SvixStandIn> => {
  const token = 'sk_test_of_svix';
  const applications = new Map<string, Application>();
  const eventTypes = new Map<string, unknown>();
  const calls: Call[] = [];
  const troubles: { pathEnd: string; trouble: Trouble }[] = [];
  /** By idempotency key, what was answered: Svix repeats it. */
  const answered = new Map<string, { status: number; body: unknown }>();

  const refuse = (status: number, detail: string) => ({ status, body: { code: 'refused', detail } });
  const notFound = refuse(404, 'Entity not found');

  const answerOf = (method: string, segments: string[], body: Record<string, never>): { status: number; body?: unknown } => {
    const [kind, id = '', part, partId = '', leaf] = segments;
    if (kind === 'event-type' && method === 'PUT') {
      if (!/^[A-Za-z0-9._-]+$/.test(id)) return refuse(422, 'event type');
      eventTypes.set(id, body);
      return { status: 200, body: { name: id, deprecated: false, ...(body as object), ...TIMES } };
    }
    if (kind !== 'app') return notFound;
    if (part === undefined && method === 'PUT') {
      if (id.startsWith('ep_')) return refuse(422, 'uid');
      const application = applications.get(id) ?? { name: '', endpoints: new Map(), messages: [] };
      applications.set(id, { ...application, name: body['name'] ?? '' });
      return { status: 200, body: { id: `app_${id}`, uid: id, name: body['name'], metadata: {}, ...TIMES } };
    }
    if (part === undefined && method === 'DELETE') return { status: applications.delete(id) ? 204 : 404 };
    const application = applications.get(id);
    if (!application) return notFound;
    const { endpoints, messages } = application;
    if (part === 'msg' && method === 'GET')
      return {
        status: 200,
        body: { data: messages.map((message) => ({ ...message, timestamp: TIMES.createdAt })), iterator: null, done: true },
      };
    if (part === 'msg') {
      const { eventId, eventType, payload } = body as unknown as Message;
      if (messages.some((message) => message.eventId === eventId)) return refuse(409, 'A message with this eventId exists');
      const message = { id: `msg_${messages.length + 1}`, eventId, eventType, payload };
      messages.push(message);
      return { status: 202, body: { ...message, timestamp: TIMES.createdAt } };
    }
    if (part !== 'endpoint') return notFound;
    if (partId === '' && method === 'GET')
      return { status: 200, body: { data: [...endpoints.values()].map(out), iterator: null, done: true } };
    const uid = partId === '' ? String(body['uid']) : partId;
    if (uid.startsWith('ep_')) return refuse(422, 'uid must not start with ep_');
    const known = endpoints.get(uid);
    const unknown = ((body['eventTypes'] ?? []) as string[]).filter((type) => !eventTypes.has(type));
    if (unknown.length > 0) return refuse(422, `The following event types don't exist: ${unknown.join(', ')}`);
    if (partId === '' && method === 'POST') {
      if (known) return refuse(409, 'exists');
      const made = { disabled: false, eventTypes: null, metadata: {}, ...(body as object), headers: {}, graces: [] } as unknown as Endpoint;
      if (made.eventTypes?.length === 0) return refuse(422, 'eventTypes');
      endpoints.set(uid, made);
      return { status: 201, body: out(made) };
    }
    if (!known) return notFound;
    if (leaf === 'secret' && method === 'GET') return { status: 200, body: { key: verifyingSecret(known.secret) } };
    if (leaf === 'headers' && method === 'GET') return { status: 200, body: { headers: known.headers, sensitive: [] } };
    if (leaf === 'headers' && Object.keys(body['headers'] ?? {}).some((name) => FORBIDDEN_HEADER.test(name)))
      return refuse(422, 'forbidden header');
    if (partId !== '' && leaf === 'headers') known.headers = body['headers'] ?? {};
    else if (method === 'DELETE') endpoints.delete(uid);
    else if (leaf === 'secret') {
      if (known.graces.filter((seconds) => seconds > 0).length >= MOST_OLD_SECRETS)
        return refuse(400, 'You can only rotate a key 10 times');
      known.graces.push(body['gracePeriodSeconds'] ?? DAY_S);
      known.secret = body['key'] as unknown as string;
    } else if (method === 'PUT') endpoints.set(uid, { ...known, ...(body as object) });
    return method === 'PUT' && leaf === undefined ? { status: 200, body: out(endpoints.get(uid) as Endpoint) } : { status: 204 };
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? '', 'http://x').pathname;
    const given = await text(request);
    const idempotencyKey = request.headers['idempotency-key'] as string | undefined;
    const note = (status: number) => calls.push({ method: request.method ?? '', path, status, idempotencyKey });
    const index = troubles.findIndex(({ pathEnd }) => path.endsWith(pathEnd));
    const [trouble] = index < 0 ? [] : troubles.splice(index, 1);
    const lost = trouble?.trouble(response);
    if (trouble && lost !== true) return void note(response.statusCode);
    if (request.headers.authorization !== `Bearer ${token}`) {
      note(401);
      return void response.writeHead(401).end(JSON.stringify({ code: 'authentication_failed', detail: 'Invalid token' }));
    }
    const segments = path
      .replace(/^\/api\/v1\//, '')
      .replace(/\/$/, '')
      .split('/')
      .map(decodeURIComponent);
    if (segments.at(-2) === 'secret' && segments.at(-1) === 'rotate') segments.pop();
    const before = idempotencyKey === undefined ? undefined : answered.get(idempotencyKey);
    const made = before ?? answerOf(request.method ?? '', segments, given === '' ? {} : JSON.parse(given));
    if (idempotencyKey !== undefined && made.status < 300) answered.set(idempotencyKey, { status: made.status, body: made.body });
    note(made.status);
    if (lost === true) return void response.destroy();
    response
      .writeHead(made.status, { 'content-type': 'application/json' })
      .end(made.body === undefined ? undefined : JSON.stringify(made.body));
  };

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    applications,
    eventTypes,
    calls,
    fail: (pathEnd, trouble, times = 1) => {
      for (let each = 0; each < times; each++) troubles.push({ pathEnd, trouble });
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
