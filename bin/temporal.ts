import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { ensureNamespace } from '../embedded/temporal/namespace.ts';
import type { ServiceConfiguration } from './configuration.ts';

const AGAIN_AFTER_MS = 2000;

/**
 * Connects the workers once Temporal answers and the namespace is usable, however long that takes.
 * @returns null where the process is to stop before
 */
export const connectWorkers = async (
  { temporalAddress, temporalNamespace }: ServiceConfiguration,
  log: Logger,
  signal: AbortSignal,
): Promise<NativeConnection | null> => {
  while (!signal.aborted) {
    try {
      await ensureNamespace(temporalAddress, temporalNamespace, 5000);
      return await NativeConnection.connect({ address: temporalAddress });
    } catch (error) {
      log.warn({ reason: (error as Error).message, address: temporalAddress }, 'Temporal does not answer, it is asked again in 2 s');
      await sleep(AGAIN_AFTER_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return null;
};
