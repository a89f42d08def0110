import type { RuleReference } from '../../domain/validation-rules/references.ts';
import type { Db } from '../client.ts';

/** The ids of what rules name, by the name they give; what does not exist is missing. */
export const findReferences = async (db: Db, projectId: string, references: readonly RuleReference[]): Promise<Map<string, string>> => {
  if (references.length === 0) return new Map();
  const names = (object: RuleReference['object']): string[] => references.flatMap((each) => (each.object === object ? [each.name] : []));
  const rows = await db<{ name: string; id: string }[]>`
    select n.name, s.id from unnest(${names('segment')}::text[]) as n (name)
    join segment s on s.project_id = ${projectId} and (s.id = n.name or s.name = n.name)
    union all select id, id from product where project_id = ${projectId} and id = any(${names('product')}::text[])
    union all select id, id from sku where project_id = ${projectId} and id = any(${names('sku')}::text[])
    union all select id, id from product_collection where project_id = ${projectId} and id = any(${names('products_collection')}::text[])`;
  return new Map(rows.map((row) => [row.name, row.id]));
};
