/** A receiver of webhooks that answers each after some milliseconds, and tells its parent the id of each. Run as a process of its own. */
import { createServer } from 'node:http';

const ANSWERS_AFTER_MS = 10;

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    setTimeout(() => {
      process.send?.({ id: request.headers['webhook-id'] });
      response.end('taken');
    }, ANSWERS_AFTER_MS);
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.send?.('ready'));
process.on('disconnect', () => {
  server.close();
  server.closeAllConnections();
});
