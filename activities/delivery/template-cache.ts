import { LRUCache } from 'lru-cache';
import type { Sql } from '../../db/client.ts';
import { findTemplateVersions, type TemplateVersion } from '../../db/delivery/templates.ts';

const KEPT = 500;

interface Wanted {
  template: string;
  version: number;
}

/** A version of a template, with what makes it this one. */
type KnownTemplate = TemplateVersion & { id: string };

/** The versions that mails are pinned to; they never change, so a process keeps what it used last. */
export const createTemplateCache = (sql: Sql) => {
  const templates = new LRUCache<string, KnownTemplate>({ max: KEPT });
  const idOf = (projectId: string, { template, version }: Wanted): string => `${projectId} ${template} ${version}`;

  /** One for each that is wanted, in their order; undefined where there is none. */
  return async (projectId: string, wanted: Wanted[]): Promise<(KnownTemplate | undefined)[]> => {
    const missing = new Map(
      wanted.map((each) => [idOf(projectId, each), each]).filter(([id]) => !templates.has(id as string)) as [string, Wanted][],
    );
    const keys = [...missing.values()].map(({ template, version }) => ({ projectId, key: template, version }));
    for (const row of keys.length === 0 ? [] : await findTemplateVersions(sql, keys)) {
      const id = idOf(projectId, { template: row.key, version: row.version });
      templates.set(id, { ...row, id });
    }
    return wanted.map((each) => templates.get(idOf(projectId, each)));
  };
};
