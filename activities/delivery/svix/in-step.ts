import { createHash } from 'node:crypto';
import type { EndpointIn, Svix } from 'svix';
import { z } from 'zod';
import type { Sql } from '../../../db/client.ts';
import { activeSecrets, listEndpoints, openEndpointSecrets, type Endpoint } from '../../../db/endpoints.ts';
import type { SecretBox } from '../../../db/secret-box.ts';
import { applicationName, isSvixEndpoint } from '../../../db/svix-destinations.ts';
import { subscribes, webhookEventTypes } from '../../../domain/webhook-event-types.ts';
import { statusOf, svixEventType } from './client.ts';

export interface InStepDeps {
  sql: Sql;
  box: SecretBox;
  now: () => Date;
}

interface Project {
  /** What was told last; null: nothing, or the server forgot. */
  told: string | null;
  /** One tells, the others wait for it. */
  telling: Promise<void> | null;
}

/** How the endpoints that we look after are told from those that people made in Svix itself. */
const OURS = { couponry: 'yes' };
const PAGE = 100;

/** Types that an endpoint takes, by name; null: all, as patterns cannot be told to Svix. */
const typesOf = ({ config }: Endpoint, known: ReadonlySet<string>): string[] | null =>
  config.event_types.includes('*') ? null : [...known].filter((type) => subscribes(config.event_types, type)).map(svixEventType);

/**
 * Keeps a project's application, its endpoints and the types of events on a Svix server what they are here. Each process tells what it has
 * not told yet; telling twice changes nothing.
 */
export const createInStep = (svix: Svix, { sql, box, now }: InStepDeps) => {
  const projects = new Map<string, Project>();
  /** Types that Svix knows from us. */
  const types = new Set<string>();

  const desired = (
    endpoint: Endpoint,
    known: ReadonlySet<string>,
  ): EndpointIn & { uid: string; secret: string; headers: Record<string, string> } => {
    const secrets = openEndpointSecrets(box, endpoint);
    const eventTypes = typesOf(endpoint, known);
    return {
      uid: endpoint.id,
      url: endpoint.config.url,
      description: endpoint.config.description ?? '',
      disabled: endpoint.state !== 'active',
      // Svix takes no empty list, and none at all would mean everything: a type that never comes.
      eventTypes: eventTypes?.length === 0 ? [svixEventType(endpoint.config.event_types[0] ?? 'none')] : eventTypes,
      throttleRate: endpoint.ratePerSecond,
      metadata: OURS,
      secret: activeSecrets(secrets, now())[0] ?? '',
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

  const tellEndpoint = async (projectId: string, endpoint: ReturnType<typeof desired>): Promise<void> => {
    const { secret, headers, ...rest } = endpoint;
    // Under a random key, as the client makes one: the uid keeps it single, and a server that forgot its endpoints may not have forgotten keys.
    try {
      await svix.endpoint.create(projectId, { ...rest, secret, headers });
    } catch (error) {
      if (statusOf(error) !== 409) throw error;
      await svix.endpoint.upsert(projectId, rest.uid, rest);
      await svix.endpoint.setHeaders(projectId, rest.uid, { headers });
      const { key } = await svix.endpoint.getSecret(projectId, rest.uid);
      // Svix signs with the one before as well for a day, as we do.
      if (key !== secret) await svix.endpoint.rotateSecret(projectId, rest.uid, { key: secret });
    }
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

  const tell = async (projectId: string, state: Project, wanted: readonly string[]): Promise<void> => {
    const known = new Set([...webhookEventTypes.map((each) => each.type), ...types, ...wanted]);
    const endpoints = (await listEndpoints(sql, projectId))
      .filter(({ config }) => isSvixEndpoint(config))
      .map((endpoint) => desired(endpoint, known));
    const told = createHash('sha256').update(JSON.stringify(endpoints)).digest('hex');
    if (state.told === null) await svix.application.upsert(projectId, { name: await applicationName(sql, projectId), uid: projectId });
    for (const each of known) await tellType(each);
    if (state.told === told) return;
    for (const endpoint of endpoints) await tellEndpoint(projectId, endpoint);
    await dropOthers(projectId, new Set(endpoints.map(({ uid }) => uid)));
    state.told = told;
  };

  return {
    /** Resolves when Svix knows what is needed to deliver events of these types. */
    ensure: async (projectId: string, wanted: readonly string[]): Promise<void> => {
      const state = projects.get(projectId) ?? { told: null, telling: null };
      projects.set(projectId, state);
      while (state.telling !== null) await state.telling.catch(() => {});
      state.telling = tell(projectId, state, wanted);
      try {
        await state.telling;
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
