import type { Express } from 'express';
import type { Logger } from 'pino';
import { createApp } from '../api/app.ts';
import { pendingMigrations } from '../db/migrate.ts';
import type { ServiceConfiguration } from './configuration.ts';
import { type Core, createCore } from './core.ts';

const checksOf = ({ sql }: Core) => ({
  postgres: () => sql`select 1`,
  migrations: async () => {
    const pending = await pendingMigrations(sql);
    if (pending.length > 0) throw new Error(`${pending.length} not applied, from ${pending[0]}: run \`couponry migrate\``);
  },
});

/** The HTTP application with everything behind it. */
export const createApi = async (
  configuration: ServiceConfiguration,
): Promise<{ app: Express; log: Logger; close: () => Promise<void> }> => {
  const core = await createCore(configuration, 'couponry api');
  const app = createApp({ ...core, routes: [], routers: [], checks: checksOf(core) });
  return { app, log: core.log, close: core.close };
};
