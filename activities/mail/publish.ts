import type { Tx } from '../../db/client.ts';
import { findTemplate, insertTemplateVersion, type TemplateVersion } from '../../db/delivery/templates.ts';
import { compileTemplate, templateHash } from './compile.ts';

/**
 * Publishes a template's source as its next version. The source of the latest version again changes nothing.
 * @throws DomainError `definition_invalid` that names everything wrong, each with its line
 */
export const publishTemplate = async (
  tx: Tx,
  projectId: string,
  key: string,
  source: string,
): Promise<{ template: TemplateVersion; isNew: boolean }> => {
  const latest = await findTemplate(tx, projectId, key);
  if (latest?.hash === templateHash(source)) return { template: latest, isNew: false };
  return insertTemplateVersion(tx, projectId, key, await compileTemplate(source));
};
