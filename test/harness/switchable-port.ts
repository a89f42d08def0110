import { connect, createServer, type Socket } from 'node:net';

/** A way to a server that can be cut and mended. */
export interface SwitchablePort {
  address: string;
  cut: () => void;
  mend: () => void;
  close: () => Promise<void>;
}

/** Passes bytes on to an address, as long as it is not cut. */
export const openSwitchablePort = async (target: string): Promise<SwitchablePort> => {
  const [host = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  let isCut = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    return socket;
  };
  const server = createServer((incoming) => {
    keep(incoming);
    if (isCut) incoming.destroy();
    else {
      const outgoing = keep(connect(Number(port), host));
      incoming.pipe(outgoing).pipe(incoming);
      incoming.on('close', () => outgoing.destroy());
      outgoing.on('close', () => incoming.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  const destroyAll = () => sockets.forEach((socket) => socket.destroy());
  return {
    address: `127.0.0.1:${bound.port}`,
    cut: () => {
      isCut = true;
      destroyAll();
    },
    mend: () => {
      isCut = false;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        destroyAll();
      }),
  };
};
