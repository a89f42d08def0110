import { findCategoriesByName, findCategory } from '../../db/campaign/categories.ts';
import type { Db } from '../../db/client.ts';
import { invalidPayload } from '../../domain/errors.ts';

/** How a request names a category: by name, or by the id of one that exists. */
interface Named {
  category?: string | null;
  category_id?: string | null;
}

/**
 * The category's name, which is what is kept. @returns undefined where the request says nothing of it
 * @throws DomainError invalid_payload, for an id of no category
 */
export const categoryNameOf = async (
  db: Db,
  projectId: string,
  { category, category_id: id }: Named,
): Promise<string | null | undefined> => {
  if (id === undefined || id === null) return category ?? id;
  const found = await findCategory(db, projectId, id);
  if (!found) throw invalidPayload([{ path: 'category_id', message: `names the category ${id}, which does not exist` }]);
  return found.name;
};

/** What a body says of its category, by name. @throws DomainError invalid_payload, for an id of no category */
export const withCategoryName = async (db: Db, projectId: string, body: Named): Promise<{ category?: string | null }> => {
  const category = await categoryNameOf(db, projectId, body);
  return category === undefined ? {} : { category };
};

/** How answers tell of the categories of these names: with their ids, as far as there are such categories. */
export const namedCategories = async (db: Db, projectId: string, names: (string | null)[]) => {
  const wanted = [...new Set(names.filter((name) => name !== null))];
  const rows = wanted.length > 0 ? await findCategoriesByName(db, projectId, wanted) : [];
  const known = new Map(rows.map((row) => [row.name, row]));
  return (name: string | null) => {
    const category = name === null ? undefined : known.get(name);
    if (!category) return { category_id: null, categories: [] };
    const { id, hierarchy, createdAt, updatedAt } = category;
    const view = { id, name: category.name, hierarchy, created_at: createdAt.toISOString(), updated_at: updatedAt?.toISOString() };
    return { category_id: id, categories: [{ ...view, object: 'category' as const }] };
  };
};
