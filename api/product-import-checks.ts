import type { ProductRow, SkuRow } from '../activities/bulk/import-products.ts';
import type { Db } from '../db/client.ts';
import type { Project } from '../db/projects.ts';
import { DomainError } from '../domain/errors.ts';
import { checked, metadataCheck } from './import-checks.ts';
import type { ImportRequest } from './imports.ts';
import { productChange, skuChange } from './product-change.ts';
import { productBody, skuRow } from './schemas/product.ts';

type Check = ImportRequest['check'];

const nameless = { problems: [{ path: 'source_id', message: 'must be given' }] };

export const productCheck = async (db: Db, project: Project): Promise<Check> => {
  const metadata = await metadataCheck(db, project.id, 'product', true);
  return (body, line) =>
    checked(productBody, body, metadata, (data) => {
      if (data.source_id == null) return nameless;
      const row: ProductRow = { line, sourceId: data.source_id, change: productChange(data) };
      return { row };
    });
};

export const skuCheck = async (db: Db, project: Project): Promise<Check> => {
  const metadata = await metadataCheck(db, project.id, 'product', true);
  return (body, line) =>
    checked(skuRow, body, metadata, ({ product, ...data }) => {
      if (data.source_id == null) return nameless;
      try {
        const row: SkuRow = { line, product, sourceId: data.source_id, change: skuChange(project, data) };
        return { row };
      } catch (error) {
        if (error instanceof DomainError) return { problems: error.fields };
        throw error;
      }
    });
};
