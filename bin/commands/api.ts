import { createServer } from 'node:http';
import { StartError } from '../../embedded/part.ts';
import { wireApi } from '../api-wiring.ts';
import { tellReady } from '../child.ts';
import { type Configuration, requireServices } from '../configuration.ts';
import { createCore } from '../core.ts';
import { createStopping } from '../stopping.ts';

const FINISH_WITHIN_MS = 1200;

const listen = (server: ReturnType<typeof createServer>, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be listened on (${error.code})`;
      reject(new StartError(`Port ${port} of ${host} ${why}: end what uses it, or set PORT to another`, { cause: error }));
    });
    server.listen({ host, port, backlog: 1024 }, () => resolve());
  });

/** Takes no more requests, lets those that run finish, and then closes whatever is still open. */
const close = (server: ReturnType<typeof createServer>): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), FINISH_WITHIN_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });

/** `couponry api`. Resolves when it listens; ends by a signal. */
export const api = async (given: Configuration): Promise<void> => {
  const configuration = requireServices(given);
  const stopping = createStopping();
  const core = await createCore(configuration, 'couponry api');
  stopping.add('core', core.close);
  const { app, prepare, close: closeApi } = wireApi(core, configuration);
  stopping.add('api', closeApi);
  await prepare();
  const server = createServer(app);
  // Longer than a load balancer keeps its connections, so that it never writes to one that we are closing.
  server.keepAliveTimeout = 75_000;
  await listen(server, configuration.host, configuration.port);
  stopping.add('requests', () => close(server));
  core.log.info({ host: configuration.host, port: configuration.port }, 'the API listens');
  tellReady();
};
