import postgres from 'postgres';
import { DomainError } from '../../domain/errors.ts';
import type { Db, Tx } from '../client.ts';
import { idTime, newId } from '../ids.ts';
import { toPage, type Page } from '../paging.ts';

export interface Category {
  id: string;
  name: string;
  /** The lower applies first. */
  hierarchy: number;
  createdAt: Date;
  updatedAt: Date | null;
}

const columns = (db: Db) => db`id, name, hierarchy, created_at, updated_at`;

/** The hierarchy of every category, by its id and by its name. */
export const readCategoryRanks = async (db: Db, projectId: string): Promise<ReadonlyMap<string, number>> => {
  const rows = await db<Category[]>`select ${columns(db)} from category where project_id = ${projectId}`;
  return new Map(rows.flatMap(({ id, name, hierarchy }) => [[id, hierarchy] as const, [name, hierarchy] as const]));
};

/** The categories of these names. */
export const findCategoriesByName = (db: Db, projectId: string, names: string[]) =>
  db<Category[]>`select ${columns(db)} from category where project_id = ${projectId} and name = any(${names}::text[])`;

/** @throws DomainError duplicate_found, where the project has a category of this name */
export const createCategory = async (tx: Tx, projectId: string, input: Pick<Category, 'name' | 'hierarchy'>): Promise<Category> => {
  const id = newId('category');
  const [row] = await tx<Category[]>`
    insert into category (project_id, id, name, hierarchy, created_at) values (${projectId}, ${id}, ${input.name}, ${input.hierarchy}, ${idTime(id)})
    on conflict (project_id, name) do nothing returning ${columns(tx)}`;
  if (!row) throw nameTaken(input.name);
  return row;
};

export const findCategory = async (db: Db, projectId: string, id: string): Promise<Category | null> => {
  const [row] = await db<Category[]>`select ${columns(db)} from category where project_id = ${projectId} and id = ${id}`;
  return row ?? null;
};

export const lockCategory = async (tx: Tx, projectId: string, id: string): Promise<Category | null> => {
  const [row] = await tx<Category[]>`select ${columns(tx)} from category where project_id = ${projectId} and id = ${id} for no key update`;
  return row ?? null;
};

/** By hierarchy. `startingAfter` is an id. */
export const listCategories = async (
  db: Db,
  projectId: string,
  { limit, page, startingAfter }: { limit: number; page: number; startingAfter?: string },
): Promise<Page<Category>> => {
  const rows = await db<Category[]>`
    select ${columns(db)} from category where project_id = ${projectId}
      ${startingAfter === undefined ? db`` : db`and (hierarchy, id) > (select hierarchy, id from category where project_id = ${projectId} and id = ${startingAfter})`}
    order by hierarchy, id limit ${limit + 1} offset ${startingAfter === undefined ? (page - 1) * limit : 0}`;
  const [totals] = await db<{ total: number }[]>`select count(*) as total from category where project_id = ${projectId}`;
  return toPage(rows, limit, totals?.total ?? 0);
};

const UNIQUE_VIOLATION = '23505';

/**
 * Changes a category that is locked. Vouchers and campaigns name categories by name, and keep the name that they have.
 * @throws DomainError duplicate_found, where another category has the name
 */
export const updateCategory = async (
  tx: Tx,
  projectId: string,
  category: Category,
  change: Partial<Pick<Category, 'name' | 'hierarchy'>>,
  now: Date,
): Promise<Category> => {
  const next = { ...category, ...change, updatedAt: now };
  try {
    await tx`
      update category set name = ${next.name}, hierarchy = ${next.hierarchy}, updated_at = ${now}
      where project_id = ${projectId} and id = ${category.id}`;
  } catch (error) {
    if (error instanceof postgres.PostgresError && error.code === UNIQUE_VIOLATION) throw nameTaken(next.name);
    throw error;
  }
  return next;
};

const nameTaken = (name: string): DomainError =>
  new DomainError('duplicate_found', `There is a category named ${name} already.`, { resource: { type: 'category', id: name } });

export const deleteCategory = async (tx: Tx, projectId: string, id: string): Promise<boolean> => {
  const { count } = await tx`delete from category where project_id = ${projectId} and id = ${id}`;
  return count === 1;
};
