import { Router } from 'express';
import { newId } from '../../db/ids.ts';
import { send } from '../kernel.ts';

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

/** /healthz: the process lives. /readyz: what it needs works, asked now; 503 names what does not. */
export const createHealthRoutes = (checks: Record<string, ReadinessCheck>): Router => {
  const router = Router();
  router.get('/healthz', (_req, res) => send(res, { status: 200, body: { status: 'ok' } }, newId('request')));
  router.get('/readyz', async (_req, res) => {
    const names = Object.keys(checks);
    const outcomes = await Promise.all(names.map((name) => outcomeOf(checks[name]!)));
    const ready = outcomes.every((outcome) => outcome === 'ok');
    const body = { status: ready ? 'ready' : 'not ready', checks: Object.fromEntries(names.map((name, index) => [name, outcomes[index]])) };
    send(res, { status: ready ? 200 : 503, body }, newId('request'));
  });
  return router;
};
