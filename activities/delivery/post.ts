import { lookup as resolve, type LookupAddress } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { LRUCache } from 'lru-cache';
import { addressProblem, hostOf, portOf, type AddressPolicy } from '../../domain/delivery/web-address.ts';

interface PostedAnswer {
  status: number;
  retryAfter: string | undefined;
  /** The start of the body, as it came: nothing is unpacked. */
  body: string;
}

/** What was answered, or why nothing was. */
export type Posted = PostedAnswer | { failure: string };

/** What the client shows and believes in TLS, in PEM. */
interface TlsIdentity {
  cert: string;
  key: string;
  ca: string | null;
}

export interface Poster {
  /** Posts once. It follows no redirect, reads at most 64 KiB of the answer, and ends within its time, the answer's body included. */
  post: (url: URL, headers: Record<string, string>, body: string, identity?: TlsIdentity) => Promise<Posted>;
  /** Gets once, under the same rules. */
  get: (url: URL) => Promise<Posted>;
  close: () => void;
}

export interface PosterDeps {
  policy: AddressPolicy;
  /** Finds all addresses of a name; default the system's resolver. */
  lookup?: (hostname: string, options: { all: true; family?: number }, done: (error: Error | null, found: LookupAddress[]) => void) => void;
  /** For one post in all; default 15 s. */
  timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;
const MOST_BYTES = 64 * 1024;
/** An idle connection is closed before most servers close it, so that few posts meet one that is gone. */
const IDLE_MS = 4_000;
const STALE = new Set(['ECONNRESET', 'EPIPE']);

interface Outgoing {
  method: 'GET' | 'POST';
  url: URL;
  headers: Record<string, string>;
  body: string;
  identity?: TlsIdentity;
}

/** So many identities keep connections. */
const MOST_IDENTITIES = 200;

class ForbiddenAddress extends Error {}

/** Sends over HTTP to whatever address people gave, without letting it reach what is not public, hang, or fill the memory. */
export const createPoster = ({ policy, lookup = resolve, timeoutMs = TIMEOUT_MS }: PosterDeps): Poster => {
  const options = { keepAlive: true, maxFreeSockets: 4, timeout: IDLE_MS, scheduling: 'lifo' } as const;
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };
  /** A connection that was made under one identity is never used for another. */
  const identified = new LRUCache<string, https.Agent>({ max: MOST_IDENTITIES, dispose: (agent) => agent.destroy() });

  const agentOf = (secure: boolean, identity: TlsIdentity | undefined): http.Agent => {
    if (!secure) return agents['http:'];
    if (identity === undefined) return agents['https:'];
    const { cert, key, ca } = identity;
    const name = JSON.stringify(identity);
    const known = identified.get(name);
    if (known) return known;
    const agent = new https.Agent({ ...options, cert, key, ...(ca !== null && { ca }) });
    identified.set(name, agent);
    return agent;
  };

  /** Gives the socket only addresses that are good: what a name resolved to before says nothing about now. */
  const guardedLookup =
    (port: number): LookupFunction =>
    (hostname, { family, all }, done) =>
      lookup(hostname, { all: true, ...(typeof family === 'number' && { family }) }, (error, found) => {
        const problems = error ? [] : found.map(({ address }) => addressProblem(address, port, policy));
        const good = error ? [] : found.filter((_, index) => problems[index] === null);
        const [first] = good;
        if (error || !first) done(error ?? new ForbiddenAddress(problems[0] ?? `${hostname} has no address`), []);
        else if (all) done(null, good);
        else done(null, first.address, first.family);
      });

  const attempt = ({ method, url, headers, body, identity }: Outgoing, deadline: number): Promise<Posted | 'stale'> =>
    new Promise((done) => {
      const host = hostOf(url);
      const port = portOf(url);
      const problem = isIP(host) === 0 ? null : addressProblem(host, port, policy);
      if (problem !== null) return done({ failure: problem });

      const secure = url.protocol === 'https:';
      const request = (secure ? https : http).request({
        agent: agentOf(secure, identity),
        host,
        port,
        path: url.pathname + url.search,
        method,
        headers: { ...headers, host: url.host, ...(method === 'POST' && { 'content-length': String(Buffer.byteLength(body)) }) },
        lookup: guardedLookup(port),
      });
      let status: number | null = null;
      let finished = false;
      const finish = (result: Posted | 'stale', clean = false): void => {
        if (finished) return;
        finished = true;
        clearTimeout(timer);
        done(result);
        if (!clean) request.destroy();
      };
      const timer = setTimeout(
        () => {
          const so = status === null ? 'no answer' : `status ${status}, but no end of the body`;
          finish({ failure: `${so} within ${timeoutMs / 1000} s` });
        },
        Math.max(0, deadline - performance.now()),
      );
      request.on('socket', (socket: Socket) => {
        if (!socket.connecting) return;
        // The last word: whom the socket is really connected to, before a byte is written.
        socket.once('connect', () => {
          const wrong = addressProblem(socket.remoteAddress ?? '', port, policy);
          if (wrong !== null) finish({ failure: wrong });
        });
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        const stale = request.reusedSocket && status === null && STALE.has(error.code ?? '');
        finish(stale ? 'stale' : { failure: failureOf(error) });
      });
      request.on('response', (response) => {
        status = response.statusCode ?? 0;
        const retryAfter = response.headers['retry-after'];
        const chunks: Buffer[] = [];
        let bytes = 0;
        const answer = (): Posted => ({
          status: status ?? 0,
          retryAfter,
          body: Buffer.concat(chunks).subarray(0, MOST_BYTES).toString('utf8'),
        });
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.length;
          if (bytes >= MOST_BYTES) {
            response.removeAllListeners('data');
            finish(answer());
          }
        });
        response.on('end', () => finish(answer(), true));
        response.on('error', (error) => finish({ failure: failureOf(error) }));
      });
      request.on('close', () => finish({ failure: 'the connection was closed' }));
      request.end(body);
    });

  const send = async (outgoing: Outgoing): Promise<Posted> => {
    const deadline = performance.now() + timeoutMs;
    // The other side may close an idle connection at the moment in which it is used again: that says nothing about the other side.
    for (;;) {
      const posted = await attempt(outgoing, deadline);
      if (posted !== 'stale') return posted;
    }
  };

  return {
    post: (url, headers, body, identity) => send({ method: 'POST', url, headers, body, ...(identity && { identity }) }),
    get: (url) => send({ method: 'GET', url, headers: { 'user-agent': 'Couponry', 'accept-encoding': 'identity' }, body: '' }),
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy();
      identified.clear();
    },
  };
};

/** An attempt to reach several addresses fails with all their errors, and without words. */
const failureOf = (error: Error): string => {
  const first = error instanceof AggregateError ? (error.errors[0] as Error | undefined) : undefined;
  return (first ?? error).message || (error as NodeJS.ErrnoException).code || 'the connection failed';
};
