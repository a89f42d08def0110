import { ApiException, Svix } from 'svix';

export interface SvixServer {
  url: string;
  token: string;
}

const TIMEOUT_MS = 15_000;

/** Answers that a proxy wrote are no JSON, which the client would stumble over instead of telling their status. */
const asJson = async (response: Response): Promise<Response> => {
  if (response.status < 400) return response;
  const text = await response.text();
  let body = text;
  try {
    JSON.parse(text);
  } catch {
    body = JSON.stringify({ code: 'no_json', detail: text.slice(0, 500) });
  }
  return new Response(body, { status: response.status, headers: response.headers });
};

/** A client that asks once: what fails is tried again by the ledger, which outlives this process. It follows no redirect with the token. */
export const createSvixClient = ({ url, token }: SvixServer): Svix =>
  new Svix(token, {
    serverUrl: url,
    requestTimeout: TIMEOUT_MS,
    // `numRetries: 0` would mean the default of two.
    retryScheduleInMs: [],
    fetch: async (input, init) => asJson(await fetch(input, { ...init, redirect: 'manual' })),
  });

/** The HTTP status of what the client threw; null where there was no answer. */
export const statusOf = (error: unknown): number | null => (error instanceof ApiException ? error.code : null);

/** What went wrong, in words. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof ApiException))
    return error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);
  const body: unknown = error.body;
  return `status ${error.code}: ${typeof body === 'string' ? body : JSON.stringify(body)}`.slice(0, 1000);
};

/** The name of a type of event as Svix takes it: letters, digits, `-`, `_` and `.`. */
export const svixEventType = (type: string): string => type.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 256);
