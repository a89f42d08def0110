import { ensureSchedules } from '../../relay/schedules.ts';
import { ensureSearchAttributes } from '../../relay/search-attributes.ts';
import { buildOf, takeOver } from '../build.ts';
import { tellReady } from '../child.ts';
import { type Configuration, requireServices } from '../configuration.ts';
import { createCore } from '../core.ts';
import { tellFailure } from '../failure.ts';
import { startHealthServer } from '../health-server.ts';
import { createStopping } from '../stopping.ts';
import { connectWorkers } from '../temporal.ts';
import { checksOf, temporalCheck, wireCheckout, wireDeliveries, wireJourneys, wireRelay } from '../wiring.ts';
import { createWorkers, installRuntime, runWorkers } from '../workers.ts';

/**
 * `couponry worker`: the Temporal workers and the relay. Resolves when they run; ends by a signal. Without Temporal it waits for it,
 * while the relay goes on with what needs none.
 */
export const worker = async (given: Configuration): Promise<void> => {
  const configuration = requireServices(given);
  const stopping = createStopping();
  const core = await createCore(configuration, 'couponry worker');
  const { log } = core;
  stopping.add('core', core.close);
  installRuntime(log);
  const [checkout, journeys] = [wireCheckout(core), wireJourneys(core)];
  const deliveries = wireDeliveries(core, configuration, checkout.activities);
  stopping.add('traces', checkout.close);
  stopping.add('mail', deliveries.close);

  const relay = wireRelay(core, configuration);
  relay.start();
  stopping.add('relay', relay.stop);
  const { host, workerHealthPort } = configuration;
  let polling = false;
  const askTemporal = temporalCheck(core);
  const checks = {
    ...checksOf(core),
    temporal: async () => {
      if (!polling) throw new Error(`no connection to ${configuration.temporalAddress} yet`);
      await askTemporal();
    },
  };
  if (workerHealthPort !== null) stopping.add('health', await startHealthServer(host, workerHealthPort, checks));

  const connection = await connectWorkers(configuration, log, stopping.signal);
  if (connection === null) return;
  stopping.add('connection', () => connection.close());
  const activities = { journeys: journeys.activities, deliveries: deliveries.activities, checkout: checkout.activities };
  const build = buildOf(configuration);
  const own = configuration.buildPolicy === 'off' ? null : build;
  const workers = await createWorkers({ ...core, connection, namespace: configuration.temporalNamespace, build: own, activities });
  const running = runWorkers(workers, log);
  running.failed.catch((error: unknown) => {
    tellFailure(error, 'a Temporal worker failed');
    void stopping.stop(1);
  });
  stopping.add('workers', running.stop);
  await takeOver(core.client, build, configuration, log);
  polling = true;
  // Others may have made them already: without its own, this worker does all but that.
  await ensureSearchAttributes(core.client, log);
  await ensureSchedules(core.client, core.taskQueues).catch((error: unknown) =>
    log.warn({ err: error }, 'the schedules could not be made'),
  );
  log.info({ taskQueues: core.taskQueues }, 'the workers poll');
  tellReady();
};
