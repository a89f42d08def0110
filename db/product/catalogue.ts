import type { Db } from '../client.ts';

/** What an order's items may name: products by our id or the shop's. */
export interface CatalogueProduct {
  id: string;
  sourceId: string | null;
  name: string | null;
  price: number | null;
  metadata: Record<string, unknown>;
}

export interface CatalogueSku {
  id: string;
  sourceId: string | null;
  sku: string | null;
  /** Its own, else its product's. */
  price: number | null;
  metadata: Record<string, unknown>;
  product: CatalogueProduct;
}

/** What the catalogue has of these ids and source ids. */
export const lookUpCatalogue = async (
  db: Db,
  projectId: string,
  names: string[],
): Promise<{ products: CatalogueProduct[]; skus: CatalogueSku[] }> => {
  if (names.length === 0) return { products: [], skus: [] };
  const [products, skus] = await Promise.all([
    db<CatalogueProduct[]>`
      select id, source_id, name, price, metadata from product
      where project_id = ${projectId} and (id = any(${names}::text[]) or source_id = any(${names}::text[]))`,
    db<
      (Omit<CatalogueSku, 'product'> & {
        productId: string;
        productSourceId: string | null;
        productName: string | null;
        productPrice: number | null;
        productMetadata: Record<string, unknown>;
      })[]
    >`
      select k.id, k.source_id, k.sku, coalesce(k.price, p.price) as price, k.metadata, p.id as product_id, p.source_id as product_source_id,
        p.name as product_name, p.price as product_price, p.metadata as product_metadata
      from sku k join product p on p.project_id = k.project_id and p.id = k.product_id
      where k.project_id = ${projectId} and (k.id = any(${names}::text[]) or k.source_id = any(${names}::text[]))`,
  ]);
  return {
    products: [...products],
    skus: skus.map(({ productId, productSourceId, productName, productPrice, productMetadata, ...sku }) => ({
      ...sku,
      product: { id: productId, sourceId: productSourceId, name: productName, price: productPrice, metadata: productMetadata },
    })),
  };
};
