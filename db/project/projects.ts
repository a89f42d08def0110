import { randomUUID } from 'node:crypto';
import type { Db } from '../client.ts';
import { newId } from '../ids.ts';
import type { OwnStackingRules } from '../promotion/stacking-rules.ts';

/** A project separates live from sandbox and one brand from another: every other row belongs to one. */
export interface Project {
  id: string;
  /** What clients send as X-App-Id. Not secret. */
  appId: string;
  name: string;
  mode: 'sandbox' | 'live';
  /** IANA name. */
  timezone: string;
  /** ISO 4217. */
  currency: string;
  /** Whether codes that differ in case only are different codes. Never changes. */
  caseSensitiveCodes: boolean;
  /** null: the defaults. */
  stackingRules: OwnStackingRules | null;
}

export type NewProject = Pick<Project, 'name' | 'mode'> & Partial<Pick<Project, 'timezone' | 'currency' | 'caseSensitiveCodes'>>;

const columns = (db: Db) =>
  db`id, app_id, name, mode, timezone, currency, case_sensitive_codes, settings->'stacking_rules' as stacking_rules`;

export const createProject = async (db: Db, project: NewProject): Promise<Project> => {
  const [row] = await db<Project[]>`
    insert into project (id, app_id, name, mode, timezone, currency, case_sensitive_codes)
    values (${newId('project')}, ${randomUUID()}, ${project.name}, ${project.mode}, ${project.timezone ?? 'UTC'},
      ${project.currency ?? 'USD'}, ${project.caseSensitiveCodes ?? false})
    returning ${columns(db)}`;
  return row!;
};

export const findProject = async (db: Db, id: string): Promise<Project | null> => {
  const [row] = await db<Project[]>`select ${columns(db)} from project where id = ${id}`;
  return row ?? null;
};

export const findProjectByName = async (db: Db, name: string): Promise<Project | null> => {
  const [row] = await db<Project[]>`select ${columns(db)} from project where name = ${name}`;
  return row ?? null;
};
