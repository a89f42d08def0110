import { randomBytes } from 'node:crypto';
import { installJourney } from '../api/journey/install-journey.ts';
import { createApiKey, findApiKeyByHash, hashToken } from '../db/project/api-keys.ts';
import type { Sql, Tx } from '../db/client.ts';
import { ensureSmtpRoute } from '../db/delivery/destinations.ts';
import { createProject, findProjectByName, type Project } from '../db/project/projects.ts';
import { createSecretBox } from '../db/secret-box.ts';
import { findSource, insertSource, openSecrets, type Source } from '../db/source/sources.ts';
import { standardMapping } from '../domain/mapping/definition.ts';
import { standardWebhooks } from '../domain/webhook/signature/standard-webhooks.ts';
import { type Log, StartError } from '../embedded/part.ts';
import type { ServiceConfiguration } from './configuration.ts';
import type { FirstStart, Kept, ProjectKeys } from './data-folder.ts';

export interface FirstStartDeps {
  sql: Sql;
  configuration: ServiceConfiguration;
  /** Where what it made is kept. */
  kept: Kept;
  log: Log;
}

const SIGNUP_JOURNEY = 'signup';
const SIGNUP_SOURCE = 'Signups';

const ensureProject = async (tx: Tx, name: string, mode: Project['mode']): Promise<Project> =>
  (await findProjectByName(tx, name)) ?? (await createProject(tx, { name, mode }));

/** The keys that were kept, as far as they still open the project; new ones for the others. */
const ensureKeys = async (tx: Tx, project: Project, kept: ProjectKeys | undefined): Promise<ProjectKeys> => {
  const token = async (kind: 'secret' | 'publishable', known: string | undefined): Promise<string> => {
    if (known !== undefined && (await findApiKeyByHash(tx, hashToken(known)))?.project.id === project.id) return known;
    // To try things in a sandbox any page will do; a live shop names its own.
    const origins = kind === 'publishable' && project.mode === 'sandbox' ? ['*'] : [];
    return (await createApiKey(tx, { projectId: project.id, name: 'First start', kind, origins })).token;
  };
  return {
    appId: project.appId,
    secretKey: await token('secret', kept?.secretKey),
    publishableKey: await token('publishable', kept?.publishableKey),
  };
};

/** The campaign, mails and journey for signups. Where the project has a signup journey, nothing is touched: it may have been edited. */
const ensureSignupJourney = async (tx: Tx, project: Project, now: Date): Promise<boolean> =>
  (await installJourney(tx, project, SIGNUP_JOURNEY, now)).installed.length > 0;

const ensureSignupSource = async (
  tx: Tx,
  project: Project,
  { publicUrl, secretKey }: ServiceConfiguration,
): Promise<FirstStart['signupSource']> => {
  const box = createSecretBox(secretKey);
  const secretOf = (source: Source): string => {
    try {
      return openSecrets(box, source)[0]?.secret ?? '';
    } catch {
      throw new StartError('COUPONRY_SECRET_KEY is not the key that the secrets in this database were encrypted with: set that one');
    }
  };
  const known = await findSource(tx, project.id, SIGNUP_SOURCE);
  if (known !== null) return { url: `${publicUrl}/hooks/${known.id}`, secret: secretOf(known) };
  const secret = standardWebhooks.newSecret(randomBytes(32));
  const draft = { name: SIGNUP_SOURCE, provider: standardWebhooks.name, secret, mapping: standardMapping, settings: {}, active: true };
  const made = await insertSource(tx, box, project.id, draft);
  if (made === null) throw new Error(`the source ${SIGNUP_SOURCE} was made by another process: start again`);
  return { url: `${publicUrl}/hooks/${made.id}`, secret };
};

/**
 * Makes what a new installation begins with, as far as it is missing: a sandbox and a live project with keys, their mail route, the
 * signup journey with its campaign and mails in both, and the source of signups in the sandbox.
 */
export const firstStart = async ({ sql, configuration, kept, log }: FirstStartDeps): Promise<FirstStart> => {
  const before = kept.read()?.projects;
  const made = await sql.begin(async (tx) => {
    const sandbox = await ensureProject(tx, 'Sandbox', 'sandbox');
    const live = await ensureProject(tx, 'Live', 'live');
    for (const project of [sandbox, live]) {
      await ensureSmtpRoute(tx, project.id, { from: { name: 'Couponry', email: configuration.mailFrom } });
      if (await ensureSignupJourney(tx, project, new Date())) log(`Project ${project.name}: published the signup journey`);
    }
    const projects = { sandbox: await ensureKeys(tx, sandbox, before?.sandbox), live: await ensureKeys(tx, live, before?.live) };
    return { projects, signupSource: await ensureSignupSource(tx, sandbox, configuration) };
  });
  kept.write(made);
  return made;
};
