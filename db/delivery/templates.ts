import { DomainError } from '../../domain/errors.ts';
import type { Db, Tx } from '../client.ts';
import { type Page, toPage } from '../paging.ts';

/** One immutable version of a mail template; subject, HTML and text are Handlebars. */
export interface TemplateVersion {
  projectId: string;
  key: string;
  version: number;
  source: string;
  subject: string;
  html: string;
  text: string;
  topic: string | null;
  hash: string;
  publishedAt: Date;
}

export type NewTemplateVersion = Pick<TemplateVersion, 'source' | 'subject' | 'html' | 'text' | 'topic' | 'hash'>;

const columns = (db: Db) => db`project_id, key, version, source, subject, html, text, topic, hash, published_at`;

/** Adds a version, unless the latest one has the same source: then that one is the answer. */
export const insertTemplateVersion = async (
  tx: Tx,
  projectId: string,
  key: string,
  template: NewTemplateVersion,
): Promise<{ template: TemplateVersion; isNew: boolean }> => {
  await tx`select pg_advisory_xact_lock(hashtextextended(${`template ${projectId} ${key}`}, 0))`;
  const latest = await findTemplate(tx, projectId, key);
  if (latest?.hash === template.hash) return { template: latest, isNew: false };
  const [row] = await tx<[TemplateVersion]>`
    insert into template (project_id, key, version, source, subject, html, text, topic, hash)
    values (${projectId}, ${key}, ${(latest?.version ?? 0) + 1}, ${template.source}, ${template.subject}, ${template.html},
      ${template.text}, ${template.topic}, ${template.hash})
    returning ${columns(tx)}`;
  return { template: row, isNew: true };
};

/** A version of a template, the latest where none is named; null where there is none. */
export const findTemplate = async (db: Db, projectId: string, key: string, version?: number): Promise<TemplateVersion | null> => {
  const [row] = await db<TemplateVersion[]>`
    select ${columns(db)} from template
    where project_id = ${projectId} and key = ${key} ${version === undefined ? db`` : db`and version = ${version}`}
    order by version desc limit 1`;
  return row ?? null;
};

/** Versions that deliveries are pinned to, in one read. */
export const findTemplateVersions = async (
  db: Db,
  versions: { projectId: string; key: string; version: number }[],
): Promise<TemplateVersion[]> => {
  const input = versions.map(({ projectId, key, version }) => ({ project_id: projectId, key, version }));
  return db<TemplateVersion[]>`
    select ${columns(db)} from template
    join jsonb_to_recordset(${db.json(input)}) as i (project_id text, key text, version int) using (project_id, key, version)`;
};

/** The topics of versions, by `key version`. */
export const findTopics = async (
  db: Db,
  projectId: string,
  versions: { template: string; version: number }[],
): Promise<Map<string, string | null>> => {
  const rows = await db<{ key: string; version: number; topic: string | null }[]>`
    select t.key, t.version, t.topic
    from (select distinct * from unnest(${versions.map((each) => each.template)}::text[], ${versions.map((each) => each.version)}::integer[])) as i (key, version)
    join template t on t.project_id = ${projectId} and t.key = i.key and t.version = i.version`;
  return new Map(rows.map(({ key, version, topic }) => [`${key} ${version}`, topic]));
};

/** The latest version of each template that is named, or of all. A key that has none is left out. */
export const latestVersions = async (db: Db, projectId: string, keys?: string[]): Promise<Record<string, number>> => {
  const rows = await db<{ key: string; version: number }[]>`
    select key, max(version) as version from template
    where project_id = ${projectId} ${keys ? db`and key = any(${keys}::text[])` : db``} group by key`;
  return Object.fromEntries(rows.map(({ key, version }) => [key, version]));
};

/** The latest versions of what are translations of these templates by their names: `welcome-de` of `welcome`. */
export const latestTranslations = async (db: Db, projectId: string, keys: string[]): Promise<Record<string, number>> => {
  const rows = await db<{ key: string; version: number }[]>`
    select t.key, max(t.version) as version from unnest(${keys}::text[]) as k (key)
    join template t on t.project_id = ${projectId} and starts_with(t.key, k.key || '-') group by t.key`;
  return Object.fromEntries(rows.map(({ key, version }) => [key, version]));
};

/** The latest version of each template, by key. */
export const listTemplates = async (
  db: Db,
  projectId: string,
  { limit, page }: { limit: number; page: number },
): Promise<Page<TemplateVersion>> => {
  const rows = await db<TemplateVersion[]>`
    select distinct on (key) ${columns(db)} from template where project_id = ${projectId}
    order by key, version desc limit ${limit + 1} offset ${(page - 1) * limit}`;
  const [count] = await db<[{ total: number }]>`select count(distinct key)::int as total from template where project_id = ${projectId}`;
  return toPage(rows, limit, count.total);
};

/** @throws DomainError `not_found` */
export const loadTemplate = async (db: Db, projectId: string, key: string, version?: number): Promise<TemplateVersion> => {
  const template = await findTemplate(db, projectId, key, version);
  if (template) return template;
  throw new DomainError('not_found', 'Resource not found', {
    details: `Cannot find template ${key}${version === undefined ? '' : ` in version ${version}`}`,
    resource: { id: key, type: 'template' },
  });
};
