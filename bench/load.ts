import autocannon from 'autocannon';

export interface LoadRequest {
  path: string;
  body: string;
  headers?: Record<string, string>;
}

export interface LoadResult {
  perSecond: number;
  p50: number;
  p99: number;
  /** How many answers had each status. */
  statuses: Record<number, number>;
  /** Answers that `accept` said no to, the first few of them. */
  wrong: string[];
}

interface LoadOptions {
  url: string;
  /** Shared out over the connections. */
  requests: LoadRequest[];
  headers?: Record<string, string>;
  /** How long the requests are repeated; without it each is posted once. */
  seconds?: number;
  connections?: number;
  accept: (status: number, body: string) => boolean;
}

/** Posts requests over kept-alive connections, bounded in time or number, and looks at every answer. */
export const load = async (options: LoadOptions): Promise<LoadResult> => {
  const { url, headers, seconds, connections = 64, accept } = options;
  const statuses: Record<number, number> = {};
  const wrong: string[] = [];
  const onResponse = (status: number, body: string): void => {
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (!accept(status, body) && wrong.length < 3) wrong.push(`${status} ${body.slice(0, 300)}`);
  };
  const requests = options.requests.map((request) => ({
    method: 'POST' as const,
    path: request.path,
    headers: { 'content-type': 'application/json', ...headers, ...request.headers },
    body: request.body,
    onResponse,
  }));
  // Each connection has requests of its own: autocannon makes each of them into bytes while the time runs already.
  const share = Math.ceil(requests.length / connections);
  let opened = 0;
  const result = await autocannon({
    url,
    connections,
    timeout: 30,
    ...(seconds === undefined ? { amount: requests.length } : { duration: seconds }),
    setupClient: (client) => {
      const from = (opened * share) % requests.length;
      opened += 1;
      client.setRequests(requests.slice(from, from + share));
    },
  });
  if (result.errors > 0) wrong.push(`${result.errors} connections failed`);
  const answered = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  return { perSecond: answered / result.duration, p50: result.latency.p50, p99: result.latency.p99, statuses, wrong };
};
