import { DomainError } from '../../domain/errors.ts';
import type { Db } from '../client.ts';
import { wakeDestinations } from './deliveries.ts';
import { newId } from '../ids.ts';

/** Who a route's mails come from. */
interface Sender {
  name: string;
  email: string;
}

/** The configuration of a destination of kind `smtp`. */
export interface SmtpConfig {
  from: Sender;
  reply_to?: string;
  /** How many connections at once; default 20. */
  connections?: number;
  /** Waits between attempts, in seconds, instead of the default schedule. */
  retry_schedule?: number[];
}

export interface Destination {
  projectId: string;
  id: string;
  kind: 'smtp' | 'webhook' | 'svix';
  name: string;
  config: Record<string, unknown>;
  state: 'active' | 'paused' | 'disabled';
  /** null: as fast as it takes them */
  ratePerSecond: number | null;
}

const DEFAULT_ROUTE = 'default';

export const findDestination = async (db: Db, id: string): Promise<Destination | null> => {
  const [row] = await db<Destination[]>`
    select project_id, id, kind, name, config, state, rate_per_second from destination where id = ${id}`;
  return row ?? null;
};

/** Makes the project's default SMTP route where it has none. Its server is the installation's. */
export const ensureSmtpRoute = async (db: Db, projectId: string, config: SmtpConfig): Promise<Destination> => {
  await db`
    insert into destination (project_id, id, kind, name, config)
    values (${projectId}, ${newId('destination')}, 'smtp', ${DEFAULT_ROUTE}, ${db.json(config as never)})
    on conflict (project_id, kind, name) do nothing`;
  return defaultSmtpRoute(db, projectId);
};

/** @throws DomainError `resource_not_found` where the project has no route */
export const defaultSmtpRoute = async (db: Db, projectId: string): Promise<Destination> => {
  const [row] = await db<Destination[]>`
    select project_id, id, kind, name, config, state, rate_per_second from destination
    where project_id = ${projectId} and kind = 'smtp' and name = ${DEFAULT_ROUTE}`;
  if (!row) throw new DomainError('resource_not_found', 'This project has no SMTP route, so it cannot send mail.');
  return row;
};

/** Stops a destination before its next message; what is on the wire is finished. Nothing of what waits is lost. */
export const pauseDestination = async (db: Db, id: string): Promise<void> => {
  await db`update destination set state = 'paused', updated_at = now() where id = ${id} and state = 'active'`;
};

export const resumeDestination = async (db: Db, id: string): Promise<void> => {
  const resumed = await db`update destination set state = 'active', updated_at = now() where id = ${id} and state <> 'active'`;
  if (resumed.count > 0) await wakeDestinations(db, [id]);
};
