import { createHash } from 'node:crypto';
import type { EndpointIn, Svix } from 'svix';
import { z } from 'zod';
import type { Sql } from '../../../db/client.ts';
import { activeSecrets, listEndpoints, openEndpointSecrets, type Endpoint } from '../../../db/webhook/endpoints.ts';
import type { SecretBox } from '../../../db/secret-box.ts';
import { applicationName, isSvixEndpoint } from '../../../db/delivery/svix-destinations.ts';
import { subscribes, webhookEventTypes } from '../../../domain/webhook/event-types.ts';
import { verifyingSecret } from '../../../domain/webhook/signature/outgoing.ts';
import { reasonOf, statusOf, svixEventType } from './client.ts';

export interface InStepDeps {
  sql: Sql;
  box: SecretBox;
  now: () => Date;
}

interface Project {
  /** By endpoint, the hash of what was told last, and what Svix said against it; null: nothing was told, or the server forgot. */
  told: Map<string, { hash: string; refusal: string | null }> | null;
  /** One tells, the others wait for it. */
  telling: Promise<string[]> | null;
}

/** How the endpoints that we look after are told from those that people made in Svix itself. */
const OURS = { couponry: 'yes' };
const PAGE = 100;
/** Stands for no type at all: Svix knows it, and it never comes. */
const NO_TYPE = 'couponry.none';
/** As long as Svix signs with a replaced secret at most, in seconds. */
const MOST_GRACE_S = 604_800;

/** An endpoint as Svix shall have it, and until when (ISO 8601) the secret before this one is good. */
type Desired = EndpointIn & { uid: string; secret: string; headers: Record<string, string>; graceUntil: string | null };

/** Types that an endpoint takes, by name; null: all, as patterns cannot be told to Svix. */
const typesOf = ({ config }: Endpoint, known: ReadonlySet<string>): string[] | null =>
  config.event_types.includes('*') ? null : [...known].filter((type) => subscribes(config.event_types, type)).map(svixEventType);

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** What Svix will not take of an endpoint however often it is told, such as an address that it does not like. */
const isRefusal = (error: unknown): boolean => [400, 413, 422].includes(statusOf(error) ?? 0);

/**
 * Keeps a project's application, its endpoints and the types of events on a Svix server what they are here. Each process tells what it has
 * not told yet; telling twice changes nothing.
 */
export const createInStep = (svix: Svix, { sql, box, now }: InStepDeps) => {
  const projects = new Map<string, Project>();
  /** Types that Svix knows from us. */
  const types = new Set<string>();

  const desired = (endpoint: Endpoint, known: ReadonlySet<string>): Desired => {
    const secrets = openEndpointSecrets(box, endpoint);
    const eventTypes = typesOf(endpoint, known);
    return {
      uid: endpoint.id,
      url: endpoint.config.url,
      description: endpoint.config.description ?? '',
      disabled: endpoint.state !== 'active',
      // Svix takes no empty list, and none at all would mean everything.
      eventTypes: eventTypes?.length === 0 ? [NO_TYPE] : eventTypes,
      metadata: OURS,
      secret: activeSecrets(secrets, now())[0] ?? '',
      graceUntil: secrets.signing[1]?.until ?? null,
      headers: secrets.headers,
    };
  };

  const tellType = async (type: string): Promise<void> => {
    if (types.has(type)) return;
    const known = webhookEventTypes.find((each) => each.type === type);
    const schema = known && z.toJSONSchema(known.data, { io: 'input' });
    await svix.eventType.upsert(svixEventType(type), {
      description: known?.description ?? 'Told by a CRM or a shop',
      ...(schema && { schemas: { '1': { type: 'object', properties: { type: { const: type }, data: schema } } } }),
    });
    types.add(type);
  };

  const graceSeconds = (until: string | null): number =>
    until === null ? 0 : Math.min(Math.max(Math.ceil((Date.parse(until) - now().getTime()) / 1000), 0), MOST_GRACE_S);

  const tellEndpoint = async (projectId: string, { secret, headers, graceUntil, ...rest }: Desired): Promise<void> => {
    // Under a random key, as the client makes one: the uid keeps it single, and a server that forgot its endpoints may not have forgotten keys.
    try {
      await svix.endpoint.create(projectId, { ...rest, secret });
    } catch (error) {
      if (statusOf(error) !== 409) throw error;
      // Before the rest, since Svix goes on with what it remembers until it learns of something else.
      await svix.endpoint.setHeaders(projectId, rest.uid, { headers });
      await svix.endpoint.upsert(projectId, rest.uid, rest);
      const { key } = await svix.endpoint.getSecret(projectId, rest.uid);
      // Of a key pair Svix tells the public half.
      if (key !== verifyingSecret(secret))
        await svix.endpoint.rotateSecret(projectId, rest.uid, { key: secret, gracePeriodSeconds: graceSeconds(graceUntil) });
      return;
    }
    // A server of one's own takes no headers with a new endpoint, and says nothing of it.
    if (Object.keys(headers).length > 0) await svix.endpoint.setHeaders(projectId, rest.uid, { headers });
  };

  const dropOthers = async (projectId: string, kept: ReadonlySet<string>): Promise<void> => {
    let iterator: string | null = null;
    const gone: string[] = [];
    for (let done = false; !done;) {
      const page: Awaited<ReturnType<typeof svix.endpoint.list>> = await svix.endpoint.list(projectId, {
        limit: PAGE,
        ...(iterator !== null && { iterator }),
      });
      for (const { uid, metadata } of page.data) if (uid && metadata['couponry'] && !kept.has(uid)) gone.push(uid);
      ({ iterator, done } = page);
    }
    for (const uid of gone)
      await svix.endpoint.delete(projectId, uid).catch((error: unknown) => {
        if (statusOf(error) !== 404) throw error;
      });
  };

  const tell = async (projectId: string, state: Project, wanted: readonly string[]): Promise<string[]> => {
    const known = new Set([...webhookEventTypes.map((each) => each.type), ...types, ...wanted]);
    known.delete(NO_TYPE);
    const endpoints = (await listEndpoints(sql, projectId)).filter(isSvixEndpoint).map((endpoint) => desired(endpoint, known));
    if (state.told === null) await svix.application.upsert(projectId, { name: await applicationName(sql, projectId), uid: projectId });
    for (const each of [...known, NO_TYPE]) await tellType(each);
    const before = state.told ?? new Map<string, never>();
    const told: NonNullable<Project['told']> = new Map();
    let refused = false;
    for (const endpoint of endpoints) {
      const hash = hashOf(endpoint);
      const same = before.get(endpoint.uid);
      if (same?.hash === hash) {
        told.set(endpoint.uid, same);
        continue;
      }
      try {
        await tellEndpoint(projectId, endpoint);
        told.set(endpoint.uid, { hash, refusal: null });
      } catch (error) {
        // One that Svix does not take must not keep the events from the others.
        if (!isRefusal(error)) throw error;
        refused = true;
        told.set(endpoint.uid, { hash, refusal: `${endpoint.uid}: ${reasonOf(error)}` });
      }
    }
    // What Svix refused must not go on under what it was told before, or in part.
    const kept = new Set([...told].flatMap(([uid, { refusal }]) => (refusal === null ? uid : [])));
    if (state.told === null || refused || [...before.keys()].some((uid) => !kept.has(uid))) await dropOthers(projectId, kept);
    state.told = told;
    return [...told.values()].flatMap(({ refusal }) => refusal ?? []);
  };

  return {
    /**
     * Resolves when Svix knows what is needed to deliver events of these types.
     * @returns what it says against endpoints that it does not take
     */
    ensure: async (projectId: string, wanted: readonly string[]): Promise<string[]> => {
      const state = projects.get(projectId) ?? { told: null, telling: null };
      projects.set(projectId, state);
      while (state.telling !== null) await state.telling.catch(() => {});
      state.telling = tell(projectId, state, wanted);
      try {
        return await state.telling;
      } finally {
        state.telling = null;
      }
    },
    /** The server does not know what it was told: all is told again. */
    forget: (projectId: string): void => {
      projects.delete(projectId);
      types.clear();
    },
  };
};
