import type { z } from 'zod';
import type { ProductFields } from '../../db/product/products.ts';
import type { Project } from '../../db/project/projects.ts';
import type { SkuFields } from '../../db/product/skus.ts';
import { invalidPayload } from '../../domain/errors.ts';
import type { productBody, skuBody } from '../schemas/product.ts';

/** What a body says of a product; what it leaves out stays. */
export const productChange = (body: z.output<typeof productBody>): Partial<ProductFields> => ({
  ...(body.name !== undefined && { name: body.name }),
  ...(body.price !== undefined && { price: body.price }),
  ...(body.attributes !== undefined && { attributes: body.attributes ?? [] }),
  ...(body.image_url !== undefined && { imageUrl: body.image_url }),
  ...(body.metadata !== undefined && { metadata: body.metadata ?? {} }),
});

/** What a body says of a SKU; what it leaves out stays. @throws DomainError invalid_payload, where it is in another currency than the project */
export const skuChange = (project: Pick<Project, 'currency'>, body: z.output<typeof skuBody>): Partial<SkuFields> => {
  if (body.currency != null && body.currency !== project.currency)
    throw invalidPayload([{ path: 'currency', message: `must be ${project.currency}, the currency of the project` }]);
  const sku = body.sku ?? body.name;
  return {
    ...(sku !== undefined && { sku }),
    ...(body.price !== undefined && { price: body.price }),
    ...(body.currency !== undefined && { currency: body.currency }),
    ...(body.attributes !== undefined && { attributes: body.attributes ?? {} }),
    ...(body.image_url !== undefined && { imageUrl: body.image_url }),
    ...(body.metadata !== undefined && { metadata: body.metadata ?? {} }),
  };
};
