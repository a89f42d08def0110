import { createServer } from 'node:net';

const listen = (port: number): Promise<number | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null));
    });
  });

export const isFree = async (port: number): Promise<boolean> => (await listen(port)) !== null;

/** Ports of the loopback address that nobody listens on, each different. */
export const freePorts = async (count: number): Promise<number[]> => {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = await listen(0);
    if (port !== null) ports.add(port);
  }
  return [...ports];
};
