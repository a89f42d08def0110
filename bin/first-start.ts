import { type Sql } from '../db/client.ts';
import { createApiKey, findApiKeyByHash, hashToken } from '../db/api-keys.ts';
import { ensureSmtpRoute } from '../db/destinations.ts';
import { createProject, findProjectByName, type Project } from '../db/projects.ts';
import type { Log } from '../embedded/part.ts';
import type { Configuration } from './configuration.ts';
import type { Keys, ProjectKeys } from './data-folder.ts';

/** What a client needs to begin with. */
export interface FirstStart {
  keys: Keys;
  signupSource: { url: string; secret: string };
}

export interface FirstStartDeps {
  sql: Sql;
  configuration: Configuration;
  /** Where the keys are kept: the database has only their hashes. */
  keys: { read: () => Keys | null; write: (keys: Keys) => void };
  log: Log;
}

const stillValid = async (sql: Sql, project: Project, token: string | undefined): Promise<boolean> =>
  token !== undefined && (await findApiKeyByHash(sql, hashToken(token)))?.project.id === project.id;

/** The keys that were kept, as far as they still open the project; new ones for the others. */
const ensureKeys = async (sql: Sql, project: Project, kept: ProjectKeys | undefined): Promise<ProjectKeys> => {
  const token = async (kind: 'secret' | 'publishable', known: string | undefined): Promise<string> =>
    known !== undefined && (await stillValid(sql, project, known))
      ? known
      : (await createApiKey(sql, { projectId: project.id, name: 'First start', kind })).token;
  return {
    appId: project.appId,
    secretKey: await token('secret', kept?.secretKey),
    publishableKey: await token('publishable', kept?.publishableKey),
  };
};

const ensureProject = async (sql: Sql, name: string, mode: Project['mode']): Promise<Project> =>
  (await findProjectByName(sql, name)) ?? (await createProject(sql, { name, mode }));

/**
 * Makes what a new installation begins with, as far as it is missing: a sandbox and a live project with keys, their mail route, the
 * signup journey with its campaign and mails in both, and the source of signups in the sandbox.
 */
export const firstStart = async ({ sql, configuration, keys }: FirstStartDeps): Promise<FirstStart> => {
  const sandbox = await ensureProject(sql, 'Sandbox', 'sandbox');
  const live = await ensureProject(sql, 'Live', 'live');
  const kept = keys.read();
  const made: Keys = { sandbox: await ensureKeys(sql, sandbox, kept?.sandbox), live: await ensureKeys(sql, live, kept?.live) };
  keys.write(made);
  for (const project of [sandbox, live]) {
    await ensureSmtpRoute(sql, project.id, { from: { name: project.name, email: configuration.mailFrom } });
  }
  return { keys: made, signupSource: { url: `${configuration.publicUrl}/hooks/`, secret: '' } };
};
