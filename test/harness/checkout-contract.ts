import { Worker } from '@temporalio/worker';
import { createTemporalCheckout } from '../../activities/checkout/caller.ts';
import type { Sql } from '../../db/client.ts';
import { startApi, type TestApi } from './api.ts';
import { checkoutRoutes, createCheckout, type TestCheckout } from './checkout.ts';
import { createDatabase } from './database.ts';
import { createProject, type TestProject } from './project.ts';
import { connectTemporal } from './temporal.ts';

/** Who runs the activities of a checkout: the API's own process, or a worker by way of Temporal. */
export const MODES = ['direct', 'temporal'] as const;

export interface ContractShop {
  sql: Sql;
  api: TestApi;
  shop: TestProject;
  stop: () => Promise<void>;
}

/** A checkout whose activities a worker runs. */
const byTemporal = async (activities: TestCheckout) => {
  const temporal = await connectTemporal();
  const { validate, validateAndLock, redeem, rollback, maintain } = activities;
  const worker = await Worker.create({
    connection: temporal.nativeConnection,
    namespace: temporal.namespace,
    taskQueue: temporal.taskQueues.checkout,
    activities: { validate, validateAndLock, redeem, rollback, maintain },
  });
  const running = worker.run();
  return {
    checkout: createTemporalCheckout(temporal.client, temporal.taskQueues),
    stop: async () => {
      worker.shutdown();
      await running;
      await temporal.close();
    },
  };
};

/** A shop that talks to a checkout of this mode. */
export const startContractShop = async (mode: (typeof MODES)[number]): Promise<ContractShop> => {
  const database = await createDatabase();
  const { sql } = database;
  const activities = createCheckout(sql);
  await activities.maintain();
  const { checkout, stop } = mode === 'temporal' ? await byTemporal(activities) : { checkout: activities, stop: async () => {} };
  const api = await startApi(sql, { routes: checkoutRoutes(sql, checkout) });
  const shop = await createProject(sql, { mode: 'live' });
  return {
    sql,
    api,
    shop,
    stop: async () => {
      await api.stop();
      await stop();
      await activities.traces.close();
      await database.drop();
    },
  };
};
