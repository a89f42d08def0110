import type { RateLimits } from '../../domain/rate-limit.ts';
import type { Db, Tx } from '../client.ts';

/** What a project has of its own; what it has not is the installation's. */
export type OwnRateLimits = Partial<RateLimits>;

export const readRateLimits = async (db: Db, projectId: string): Promise<OwnRateLimits> => {
  const [row] = await db<{ own: OwnRateLimits | null }[]>`select settings->'rate_limits' as own from project where id = ${projectId}`;
  return row?.own ?? {};
};

export const writeRateLimits = async (tx: Tx, projectId: string, own: OwnRateLimits): Promise<void> => {
  await tx`update project set settings = jsonb_set(settings, '{rate_limits}', ${tx.json(own)}) where id = ${projectId}`;
};
