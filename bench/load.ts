import autocannon from 'autocannon';

export interface LoadRequest {
  path: string;
  body: string;
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

/** Posts the requests in turn over kept-alive connections for a bounded time, and looks at every answer. */
export const load = async (options: {
  url: string;
  requests: LoadRequest[];
  headers?: Record<string, string>;
  seconds: number;
  connections?: number;
  accept: (status: number, body: string) => boolean;
}): Promise<LoadResult> => {
  const statuses: Record<number, number> = {};
  const wrong: string[] = [];
  const onResponse = (status: number, body: string): void => {
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (!options.accept(status, body) && wrong.length < 3) wrong.push(`${status} ${body.slice(0, 300)}`);
  };
  const result = await autocannon({
    url: options.url,
    connections: options.connections ?? 64,
    duration: options.seconds,
    requests: options.requests.map((request) => ({
      method: 'POST' as const,
      path: request.path,
      headers: { 'content-type': 'application/json', ...options.headers },
      body: request.body,
      onResponse,
    })),
  });
  if (result.errors > 0) wrong.push(`${result.errors} connections failed`);
  const answered = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  return { perSecond: answered / result.duration, p50: result.latency.p50, p99: result.latency.p99, statuses, wrong };
};
