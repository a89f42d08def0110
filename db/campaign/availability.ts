import postgres from 'postgres';

/** Classes of SQLSTATE that say that the server could not do it now: connection, resources, intervention, system, rollback, lock. */
const CLASSES = ['08', '40', '53', '57', '58', '55'];

const NETWORK = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
]);

/** True where Postgres could not be asked, or could not do it now: the same again may succeed, and nothing is wrong with what was asked. */
export const isUnavailable = (error: unknown): boolean => {
  if (error instanceof postgres.PostgresError) return CLASSES.some((kind) => error.code.startsWith(kind));
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && NETWORK.has(code);
};

/** What isUnavailable is told by on the other side of Temporal, which carries an error's name. Named in workflows/contracts.ts too. */
export const asUnavailable = (cause: unknown): Error => {
  const error = new Error(`Postgres is not available: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  error.name = 'Unavailable';
  return error;
};
