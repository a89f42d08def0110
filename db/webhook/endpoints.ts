import postgres from 'postgres';
import type { AwsSigner } from '../../domain/webhook/aws-signature.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Db, Tx } from '../client.ts';
import { wakeDestinations } from '../delivery/deliveries.ts';
import type { Destination } from '../delivery/destinations.ts';
import { forgetHealth } from '../delivery/destination-health.ts';
import { newId } from '../ids.ts';
import type { SecretBox } from '../secret-box.ts';
import { tellSvix } from '../delivery/svix-destinations.ts';

/** The configuration of a destination of kind `webhook`, as far as it is not secret. */
export interface EndpointConfig {
  url: string;
  /** Names of events, `prefix.*` or `*`. */
  event_types: string[];
  description: string | null;
  /** Whether a customer's deliveries go out one after the other, in the order of their events. */
  ordered: boolean;
  /** Waits between attempts, in seconds, instead of the default schedule. */
  retry_schedule?: number[];
  /** After so many days without a success it is switched off; null: never. */
  disable_after_days: number | null;
  /** CEL over event.type, event.data and customer: which of these events it wants; none: all. */
  filter?: string;
  /** The shape in which an email system's API takes mails (domain/webhook-formats); none: ours. */
  format?: string;
  /** Who is told when it is disabled. */
  owner_email?: string;
  /** It is signed in to by OAuth, a certificate or Amazon's signature. */
  signs_in?: boolean;
}

/** Credentials of OAuth 2.0 client credentials. */
export interface OAuthClient {
  token_url: string;
  client_id: string;
  client_secret: string;
  scope: string | null;
  audience: string | null;
}

/** A certificate that the client shows, with its key, in PEM; `ca` is who signed the server's, where that is no public authority. */
export interface ClientCertificate {
  cert: string;
  key: string;
  ca: string | null;
}

/** A secret that signs and, where it is being replaced, when it ends (ISO 8601). */
interface SigningSecret {
  secret: string;
  until: string | null;
}

/** What is sealed: its secrets, newest first, and the headers of its own, which may hold credentials. */
export interface EndpointSecrets {
  signing: SigningSecret[];
  headers: Record<string, string>;
  oauth?: OAuthClient;
  aws?: AwsSigner;
  certificate?: ClientCertificate;
}

/** A place that webhooks are posted to: a destination of kind `webhook`. */
export interface Endpoint extends Omit<Destination, 'config'> {
  config: EndpointConfig;
  sealed: Buffer;
  failingSince: Date | null;
  heldUntil: Date | null;
  disabledReason: string | null;
  createdAt: Date;
  updatedAt: Date | null;
}

const PURPOSE = 'endpoint secrets';
/** Older ones are dropped: a rotation that never ends is a leak that never ends. */
const MOST_SECRETS = 3;

export const sealEndpointSecrets = (box: SecretBox, projectId: string, secrets: EndpointSecrets): Buffer =>
  box.seal(projectId, PURPOSE, JSON.stringify(secrets));

export const openEndpointSecrets = (box: SecretBox, endpoint: Pick<Endpoint, 'projectId' | 'sealed'>): EndpointSecrets =>
  JSON.parse(box.open(endpoint.projectId, PURPOSE, endpoint.sealed)) as EndpointSecrets;

/** The secrets that sign now, newest first. */
export const activeSecrets = ({ signing }: EndpointSecrets, now: Date): string[] =>
  signing.filter(({ until }) => until === null || Date.parse(until) > now.getTime()).map(({ secret }) => secret);

/** The secrets after a rotation: the new one first, those before it good until then. */
export const rotated = (secrets: EndpointSecrets, secret: string, until: Date): EndpointSecrets => {
  const earlier = secrets.signing.map((old) => ({
    secret: old.secret,
    until: old.until !== null && Date.parse(old.until) < until.getTime() ? old.until : until.toISOString(),
  }));
  return { ...secrets, signing: [{ secret, until: null }, ...earlier].slice(0, MOST_SECRETS) };
};

const selected = (db: Db) => db`
  select d.project_id, d.id, d.kind, d.name, d.config, d.state, d.rate_per_second, d.secrets[1] as sealed, d.created_at, d.updated_at,
    h.failing_since, h.held_until, h.disabled_reason
  from destination d left join destination_health h on h.destination_id = d.id`;

export const listEndpoints = (db: Db, projectId: string): Promise<Endpoint[]> =>
  db<Endpoint[]>`${selected(db)} where d.project_id = ${projectId} and d.kind = 'webhook' order by d.id desc limit 1000`;

/** By id, or by name. */
export const findEndpoint = async (db: Db, projectId: string, id: string): Promise<Endpoint | null> => {
  const [row] = await db<Endpoint[]>`
    ${selected(db)} where d.project_id = ${projectId} and (d.id = ${id} or d.name = ${id}) and d.kind = 'webhook'`;
  return row ?? null;
};

/** Locks an endpoint, by id or name, for a change. */
export const lockEndpoint = async (tx: Tx, projectId: string, id: string): Promise<Endpoint | null> => {
  const [row] = await tx<Endpoint[]>`
    ${selected(tx)} where d.project_id = ${projectId} and (d.id = ${id} or d.name = ${id}) and d.kind = 'webhook' for no key update of d`;
  return row ?? null;
};

export interface EndpointDraft {
  /** Null: its id. */
  name: string | null;
  config: EndpointConfig;
  sealed: Buffer;
  state: Endpoint['state'];
  ratePerSecond: number | null;
}

/** @throws DomainError duplicate_found */
const refuseSameName =
  (name: string | null) =>
  (error: unknown): never => {
    if (!(error instanceof postgres.PostgresError) || error.code !== '23505') throw error;
    throw new DomainError('duplicate_found', 'An endpoint of this name exists.', {
      details: name ?? '',
      resource: { id: name ?? '', type: 'webhook_endpoint' },
    });
  };

/** Throws DomainError duplicate_found where the project has an endpoint of that name. */
export const insertEndpoint = async (tx: Tx, projectId: string, draft: EndpointDraft): Promise<Endpoint> => {
  const id = newId('destination');
  await tx`
    insert into destination (project_id, id, kind, name, config, secrets, state, rate_per_second)
    values (${projectId}, ${id}, 'webhook', ${draft.name ?? id}, ${tx.json(draft.config as never)}, array[${draft.sealed}::bytea], ${draft.state},
      ${draft.ratePerSecond})`.catch(refuseSameName(draft.name));
  await tellSvix(tx, projectId);
  return (await findEndpoint(tx, projectId, id)) as Endpoint;
};

/** Writes an endpoint whose row is locked. One that is switched on starts afresh, with all that waits. Throws as `insertEndpoint` does. */
export const writeEndpoint = async (tx: Tx, before: Endpoint, draft: EndpointDraft, now: Date): Promise<Endpoint> => {
  const { projectId, id } = before;
  await tx`
    update destination set name = ${draft.name ?? id}, config = ${tx.json(draft.config as never)}, secrets = array[${draft.sealed}::bytea],
      state = ${draft.state}, rate_per_second = ${draft.ratePerSecond}, updated_at = ${now}
    where project_id = ${projectId} and id = ${id}`.catch(refuseSameName(draft.name));
  if (draft.state === 'active' && before.state !== 'active') {
    await forgetHealth(tx, id);
    await wakeDestinations(tx, [id]);
  }
  await tellSvix(tx, projectId);
  return (await findEndpoint(tx, projectId, id)) as Endpoint;
};

/** Deletes an endpoint with its deliveries. Its row is taken first, so that nothing is planned for it meanwhile. */
export const deleteEndpoint = async (tx: Tx, projectId: string, idOrName: string): Promise<boolean> => {
  const [row] = await tx<{ id: string }[]>`
    select id from destination
    where project_id = ${projectId} and (id = ${idOrName} or name = ${idOrName}) and kind = 'webhook' for update`;
  if (!row) return false;
  const { id } = row;
  await tx`delete from delivery where destination_id = ${id} and kind = 'webhook'`;
  await tx`delete from destination where id = ${id}`;
  await tellSvix(tx, projectId);
  return true;
};

/** Where events may have to go: what fan-out needs of an endpoint. */
export interface Subscriber {
  projectId: string;
  id: string;
  name: string;
  eventTypes: string[];
  config: EndpointConfig;
  ratePerSecond: number | null;
}

/**
 * The endpoints of projects that take events, those that are paused too: what they get waits. Held until the transaction ends, so that
 * none is deleted before its deliveries are written.
 */
export const holdSubscribers = (tx: Tx, projectIds: string[]): Promise<Subscriber[]> =>
  tx<Subscriber[]>`
    select project_id, id, name, config -> 'event_types' as event_types, config, rate_per_second from destination
    where project_id = any(${projectIds}::text[]) and kind = 'webhook' and state <> 'disabled' order by id for key share`;
