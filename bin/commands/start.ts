import { createServer } from 'node:net';
import { StartError } from '../../embedded/part.ts';
import { superviseChild } from '../child.ts';
import { closingBlock } from '../closing-block.ts';
import { type Configuration, environmentOf, type ServiceConfiguration } from '../configuration.ts';
import { type DataFolder, type FirstStart, openDataFolder } from '../data-folder.ts';
import { bringToVersion, connectDatabase } from '../database.ts';
import { tellFailure } from '../failure.ts';
import { firstStart } from '../first-start.ts';
import { type Services, bringUpServices } from '../services.ts';
import { type Stopping, createStopping } from '../stopping.ts';

const log = (line: string): void => console.log(line);

const checkPort = (host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be listened on (${error.code})`;
      reject(
        new StartError(
          `Port ${port} of ${host} ${why}: end what uses it, or set PORT to another, such as PORT=${port < 65_000 ? port + 1 : 8080}`,
        ),
      );
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });

const runChildren = async (configuration: ServiceConfiguration, stopping: Stopping): Promise<void> => {
  const env = environmentOf(configuration);
  const onGivenUp = (error: StartError): void => {
    tellFailure(error);
    void stopping.stop(1);
  };
  // The API is stopped first: nothing new comes in while the worker finishes what it has.
  const worker = superviseChild({ name: 'worker', env, graceMs: 5000, log, onGivenUp });
  stopping.add('worker', worker.stop);
  const api = superviseChild({ name: 'api', env, graceMs: 2000, log, onGivenUp });
  stopping.add('api', api.stop);
  await Promise.all([worker.ready, api.ready]);
};

const prepare = async (configuration: ServiceConfiguration, folder: DataFolder): Promise<FirstStart> => {
  const sql = await connectDatabase(configuration, 'couponry start');
  try {
    await bringToVersion(sql, log);
    return await firstStart({ sql, configuration, kept: folder.firstStart, log });
  } finally {
    await sql.end({ timeout: 2 });
  }
};

const LOOPBACK = ['127.0.0.0/8', '::1/128'];

const run = async (given: Configuration, folder: DataFolder, stopping: Stopping): Promise<void> => {
  const services: Services = await bringUpServices({ configuration: given, log, signal: stopping.signal, onStop: stopping.add });
  const secretKey = given.secretKey ?? folder.secretKey();
  // Who tries it out has what gets the webhooks on the same machine.
  const configuration: ServiceConfiguration = { ...given, ...services, secretKey, webhookNets: given.webhookNets ?? LOOPBACK };
  if (stopping.signal.aborted) return;

  const made = await prepare(configuration, folder);
  if (stopping.signal.aborted) return;

  await runChildren(configuration, stopping);
  const { inboxUrl, temporalAddress } = services;
  const development = { apiUrl: configuration.publicUrl, inboxUrl, temporalAddress, ...made };
  folder.development.write(development);
  stopping.add('dev.json', async () => folder.development.remove());
  log(closingBlock(development, services.temporalUiUrl, folder.path));
};

/** `couponry start`: everything in one terminal. Resolves when it serves; ends by a signal. */
export const start = async (configuration: Configuration): Promise<void> => {
  const stopping = createStopping(() => log('\nStopping …'));
  try {
    const folder = openDataFolder(configuration.dataDir);
    stopping.add('data folder', async () => folder.release());
    await checkPort(configuration.host, configuration.port);
    const running = run(configuration, folder, stopping);
    // Whatever is coming up when we are told to stop is waited for, so that it is stopped as well.
    stopping.add('start', () => running.catch(() => undefined));
    await running;
  } catch (error) {
    // What fails because we were told to stop is no failure.
    if (stopping.signal.aborted) return stopping.stop(0);
    tellFailure(error);
    await stopping.stop(1);
  }
};
