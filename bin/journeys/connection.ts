import { readDevelopmentFile } from '../data-folder.ts';

/** Where a command sends its requests, and as whom. */
export interface Connection {
  /** Without `/v1`. */
  url: string;
  appId: string;
  secretKey: string;
}

export interface ConnectionOptions {
  url?: string;
  appId?: string;
  secretKey?: string;
  /** Of the Couponry that runs on this machine. */
  project: 'sandbox' | 'live';
}

/** It cannot be tried: nothing runs, or the flags do not go together. The message is one line. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/**
 * The server that flags or the environment name, else the one that runs on this machine.
 * @throws {UsageError} where they name only a part of it; {StartError} where none runs
 */
export const connectionOf = (options: ConnectionOptions, env: NodeJS.ProcessEnv, dataDir: string): Connection => {
  const given = {
    '--url or COUPONRY_URL': options.url ?? env['COUPONRY_URL'],
    '--app-id or COUPONRY_APP_ID': options.appId ?? env['COUPONRY_APP_ID'],
    '--secret-key or COUPONRY_API_KEY': options.secretKey ?? env['COUPONRY_API_KEY'],
  };
  const [url, appId, secretKey] = Object.values(given).map((value) => (value === '' ? undefined : value));
  const missing = Object.entries(given).flatMap(([name, value]) => (value === undefined || value === '' ? [name] : []));
  if (missing.length === 3) {
    const development = readDevelopmentFile(dataDir);
    const keys = development.projects[options.project];
    return { url: development.apiUrl, appId: keys.appId, secretKey: keys.secretKey };
  }
  if (missing.length > 0) throw new UsageError(`Say where the server is and as whom: ${missing.join(', ')} is missing`);
  return { url: (url ?? '').replace(/\/+$/, '').replace(/\/v1$/, ''), appId: appId ?? '', secretKey: secretKey ?? '' };
};
