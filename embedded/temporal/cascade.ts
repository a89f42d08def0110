import { type Log, StartError } from '../part.ts';
import { SERVER_VERSION, type TemporalProgram, build, cacheFolder, download, findBuiltServer, findDownloaded, onPath } from './programs.ts';

const DOWNLOAD_LIMIT_MS = 25_000;

/**
 * Finds or makes a program that serves Temporal, the cheapest way first, and says on the terminal what it tries.
 * @throws {StartError} that names every way and how to get one
 */
export const findProgram = async ({
  env,
  log,
  signal,
}: {
  env: NodeJS.ProcessEnv;
  log: Log;
  signal?: AbortSignal;
}): Promise<TemporalProgram> => {
  const tried: string[] = [];
  const cache = cacheFolder(env);

  const command = onPath('temporal', env);
  if (command !== null) {
    log(`Temporal: using the command ${command}`);
    return { kind: 'dev-server', file: command };
  }
  tried.push('no `temporal` command on the PATH');

  const built = findBuiltServer(cache) ?? findDownloaded(cache);
  if (built !== null) {
    log(`Temporal: using ${built.file}`);
    return built;
  }
  tried.push(`nothing in ${cache}`);

  log('Temporal: downloading its dev server (25 s at most)');
  const fetched = await download(cache, DOWNLOAD_LIMIT_MS, signal);
  if (typeof fetched !== 'string') return fetched;
  log(`Temporal: no download (${fetched})`);
  tried.push(`no download (${fetched})`);

  const go = onPath('go', env);
  if (go !== null && signal?.aborted !== true) {
    log(`Temporal: building server ${SERVER_VERSION} with ${go}, once; this takes some minutes`);
    const made = await build(go, cache, log, signal);
    if (typeof made !== 'string') return made;
    tried.push(`no build (${made})`);
  } else {
    tried.push('no `go` on the PATH to build one');
  }

  throw new StartError(
    `No Temporal server: ${tried.join('; ')}. Set TEMPORAL_ADDRESS to one that runs, or install the temporal command (https://docs.temporal.io/cli), or Go (https://go.dev/dl)`,
  );
};
