import { connect, createServer, type AddressInfo } from 'node:net';

/** A way to a Postgres server on which the answer to a commit can be lost, as when the network goes at the worst moment. */
export interface LossyWay {
  /** The database's URL by this way. */
  url: string;
  /** Loses the answer to the next commit, with its connection. */
  loseNextCommit: () => void;
  /** How many were lost. */
  lost: () => number;
  close: () => Promise<void>;
}

/** What Postgres says when a commit is done. */
const DONE = Buffer.from('COMMIT\0');

export const createLossyWay = async (databaseUrl: string): Promise<LossyWay> => {
  const url = new URL(databaseUrl);
  const target = { host: url.hostname, port: Number(url.port) };
  let losing = false;
  let lost = 0;
  const server = createServer((near) => {
    const far = connect(target);
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => {
      if (losing && bytes.includes(DONE)) {
        losing = false;
        lost++;
        end();
      } else near.write(bytes);
    });
    for (const socket of [near, far]) socket.on('close', end).on('error', end);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    loseNextCommit: () => (losing = true),
    lost: () => lost,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
};
