import type { Log, Part } from '../embedded/part.ts';
import { processStart } from '../embedded/process-identity.ts';

const LOOK_EVERY_MS = 1000;

/**
 * Starts a server again when its process is gone. Its state is in the data folder, so it goes on where it was.
 * @param start brings it up at the same address
 * @returns what stops it for good
 */
export const keepRunning = (name: string, first: Part, start: () => Promise<Part>, log: Log): (() => Promise<void>) => {
  let part = first;
  let starting: Promise<void> | null = null;

  const startAgain = async (): Promise<void> => {
    log(`${name} ended; starting it again`);
    try {
      part = await start();
      log(`${name}: ready again (process ${part.pid})`);
    } catch (error) {
      log(`${name} does not come up: ${(error as Error).message}`);
    }
    starting = null;
  };
  const timer = setInterval(() => {
    if (processStart(part.pid) === null) starting ??= startAgain();
  }, LOOK_EVERY_MS);
  return async () => {
    clearInterval(timer);
    await starting;
    await part.stop();
  };
};
