import type { z } from 'zod';
import type { ProductRow, SkuRow } from '../../activities/bulk/import-products.ts';
import type { Db } from '../../db/client.ts';
import type { Project } from '../../db/project/projects.ts';
import { DomainError, type FieldProblem } from '../../domain/errors.ts';
import { fieldProblems } from '../http/field-problems.ts';
import { metadataCheck } from './import-checks.ts';
import type { CheckedRow, ImportRequest } from './imports.ts';
import { productChange, skuChange } from '../catalogue/product-change.ts';
import { productBody, skuRow } from '../schemas/product.ts';

type Check = ImportRequest['check'];

type Metadata = Record<string, unknown> | null | undefined;

/** What is wrong with a row, else what is made of it. */
const checked = <T extends { metadata?: Metadata }>(
  schema: z.ZodType<T>,
  body: unknown,
  metadata: (value: Metadata) => FieldProblem[],
  rowOf: (value: T) => CheckedRow,
): CheckedRow => {
  const result = schema.safeParse(body);
  if (!result.success) return { problems: fieldProblems(result.error.issues) };
  const problems = metadata(result.data.metadata);
  return problems.length > 0 ? { problems } : rowOf(result.data);
};

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
