import { randomUUID } from 'node:crypto';
import { UsageError, type Connection } from './connection.ts';

/** What the API answered. */
export interface Reply {
  status: number;
  body: unknown;
}

export interface Refusal {
  message: string;
  details?: string;
  key?: string;
  errors?: { path: string; message: string; line?: number; column?: number; step?: string }[];
}

export interface Api {
  url: string;
  send: (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<Reply>;
}

const MOST_MS = 120_000;

/** Sends requests as a project's server. Text goes as YAML, anything else as JSON. */
export const createApi = (connection: Connection): Api => ({
  url: connection.url,
  send: async (method, path, body) => {
    const text = typeof body === 'string';
    const headers: Record<string, string> = { 'X-App-Id': connection.appId, 'X-App-Token': connection.secretKey };
    if (method === 'POST') headers['Idempotency-Key'] = randomUUID();
    if (body !== undefined) headers['Content-Type'] = text ? 'application/yaml' : 'application/json';
    let response: Response;
    try {
      response = await fetch(`${connection.url}/v1${path}`, {
        method,
        headers,
        ...(body !== undefined && { body: text ? body : JSON.stringify(body) }),
        signal: AbortSignal.timeout(MOST_MS),
      });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new UsageError(`${connection.url} does not answer: ${cause || 'no connection'}`, { cause: error });
    }
    const answer = await response.text();
    try {
      return { status: response.status, body: answer === '' ? null : (JSON.parse(answer) as unknown) };
    } catch {
      throw new UsageError(`${connection.url} is not a Couponry: it answered ${response.status} with something other than JSON`);
    }
  },
});
