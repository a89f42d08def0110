import { Router } from 'express';
import { newId } from '../../db/ids.ts';
import { send } from '../http/kernel.ts';

/** One thing that must work for this process to do its job. Rejects, with the reason, where it does not. */
export type ReadinessCheck = () => Promise<unknown>;

const LIMIT_MS = 2_000;

const outcomeOf = async (check: ReadinessCheck): Promise<string> => {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${LIMIT_MS} ms`)), LIMIT_MS);
  try {
    await Promise.race([check(), late]);
    return 'ok';
  } catch (error) {
    return error instanceof Error && error.message !== '' ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * /healthz: the process lives. /readyz: what it needs works, asked now; 503 names what does not.
 * @param told what is asked too, but does without: it is shown, and decides nothing
 */
export const createHealthRoutes = (checks: Record<string, ReadinessCheck>, told: Record<string, ReadinessCheck> = {}): Router => {
  const router = Router();
  router.get('/healthz', (_req, res) => send(res, { status: 200, body: { status: 'ok' } }, newId('request')));
  router.get('/readyz', async (_req, res) => {
    const asked = Object.entries({ ...checks, ...told });
    const outcomes = Object.fromEntries(await Promise.all(asked.map(async ([name, check]) => [name, await outcomeOf(check)] as const)));
    const ready = Object.keys(checks).every((name) => outcomes[name] === 'ok');
    send(res, { status: ready ? 200 : 503, body: { status: ready ? 'ready' : 'not ready', checks: outcomes } }, newId('request'));
  });
  return router;
};
