import { createApiKey } from '../../db/project/api-keys.ts';
import type { Sql } from '../../db/client.ts';
import { type NewProject, type Project, createProject as insertProject } from '../../db/project/projects.ts';

export interface TestProject {
  project: Project;
  appId: string;
  secretKey: string;
  publishableKey: string;
}

let made = 0;

/** A project with a secret and a publishable key. */
export const createProject = async (sql: Sql, settings: Partial<NewProject> = {}): Promise<TestProject> => {
  made += 1;
  const project = await insertProject(sql, { name: `Project ${made}`, mode: 'sandbox', ...settings });
  const secret = await createApiKey(sql, { projectId: project.id, name: 'server', kind: 'secret' });
  const publishable = await createApiKey(sql, {
    projectId: project.id,
    name: 'browser',
    kind: 'publishable',
    origins: ['https://shop.example'],
  });
  return { project, appId: project.appId, secretKey: secret.token, publishableKey: publishable.token };
};
