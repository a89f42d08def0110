import type { Db, Tx } from '../client.ts';
import { planDeliveries } from './deliveries.ts';
import { newId } from '../ids.ts';

const NAME = 'svix';

/** What is planned where endpoints changed, so that Svix learns of it although nothing happens. */
export const ENDPOINTS_CHANGED = 'endpoints.changed';

/** The destinations that stand for projects' applications on a Svix server, made where they are missing. By project. */
export const ensureSvixDestinations = async (tx: Tx, projectIds: string[]): Promise<Map<string, string>> => {
  const ids = projectIds.toSorted();
  const find = () =>
    tx<{ projectId: string; id: string }[]>`
      select project_id, id from destination where project_id = any(${ids}::text[]) and kind = 'svix' order by id for key share`;
  let rows = await find();
  if (rows.length < ids.length) {
    await tx`
      insert into destination (project_id, id, kind, name, config)
      select project_id, id, 'svix', ${NAME}, '{}' from unnest(${ids}::text[], ${ids.map(() => newId('destination'))}::text[]) as t (project_id, id)
      order by project_id
      on conflict (project_id, kind, name) do nothing`;
    rows = await find();
  }
  return new Map(rows.map(({ projectId, id }) => [projectId, id]));
};

/** Has Svix told that a project's endpoints changed; nothing where the project has no application there. */
export const tellSvix = async (tx: Tx, projectId: string): Promise<void> => {
  const [destination] = await tx<{ id: string }[]>`
    select id from destination where project_id = ${projectId} and kind = 'svix' for key share`;
  if (!destination) return;
  const request = newId('request');
  await planDeliveries(tx, [
    {
      projectId,
      destinationId: destination.id,
      kind: 'webhook',
      dedupeKey: `svix ${request}`,
      customerId: null,
      enrolmentId: null,
      eventId: null,
      priority: 0,
      dueAt: new Date(),
      payload: { type: ENDPOINTS_CHANGED, body: null },
    },
  ]);
};

/** Of an endpoint, what says whether Svix can serve it. */
export interface SvixCandidate {
  config: { filter?: string; format?: string; signs_in?: boolean; ordered: boolean; retry_schedule?: number[] };
  ratePerSecond: number | null;
}

/**
 * Whether events reach this endpoint through Svix. What Svix cannot do we deliver ourselves: it has none of our filters and sign-ins, keeps
 * no order and one schedule for all, and takes note of a rate without holding it.
 */
export const isSvixEndpoint = ({ config, ratePerSecond }: SvixCandidate): boolean =>
  config.filter === undefined &&
  config.format === undefined &&
  config.signs_in !== true &&
  !config.ordered &&
  config.retry_schedule === undefined &&
  ratePerSecond === null;

/** A project's name, as Svix calls its application. */
export const applicationName = async (db: Db, projectId: string): Promise<string> => {
  const [row] = await db<{ name: string }[]>`select name from project where id = ${projectId}`;
  return row?.name ?? projectId;
};
