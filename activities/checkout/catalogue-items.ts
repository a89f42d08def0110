import { lookUpCatalogue, type CatalogueProduct, type CatalogueSku } from '../../db/product/catalogue.ts';
import type { Db } from '../../db/client.ts';
import type { OrderRequest } from './request.ts';

type Item = NonNullable<OrderRequest['items']>[number];

/** What an item of an order says of what it is. */
interface Named {
  product?: { id?: string; source_id?: string; price?: number; metadata?: Record<string, unknown> | null };
  sku?: { id?: string; source_id?: string; price?: number; metadata?: Record<string, unknown> | null };
  product_id?: string;
  sku_id?: string;
  source_id?: string;
  related_object?: 'product' | 'sku';
}

/** An item with what the catalogue has of it; ids that it does not know are the shop's own. */
export interface CatalogueItem {
  productId: string | null;
  productSourceId: string | null;
  skuId: string | null;
  skuSourceId: string | null;
  product: CatalogueProduct | null;
  sku: CatalogueSku | null;
}

const namedIn = (item: Named): { productId?: string; productSourceId?: string; skuId?: string; skuSourceId?: string } => ({
  productId: item.product_id ?? item.product?.id,
  productSourceId: item.product?.source_id ?? (item.related_object === 'sku' ? undefined : item.source_id),
  skuId: item.sku_id ?? item.sku?.id,
  skuSourceId: item.sku?.source_id ?? (item.related_object === 'sku' ? item.source_id : undefined),
});

/** True where an item says what it is. */
export const namesProduct = (item: Item): boolean => Object.values(namedIn(item as Named)).some((name) => name !== undefined);

/** Looks up what the items of orders are. @returns a function that tells it of each of them */
export const lookUpItems = async (db: Db, projectId: string, items: readonly Item[]): Promise<(item: Item) => CatalogueItem> => {
  const names = new Set(items.flatMap((item) => Object.values(namedIn(item as Named)).filter((name) => name !== undefined)));
  const { products, skus } = await lookUpCatalogue(db, projectId, [...names]);
  return catalogueItem(products, skus);
};

/** Items as they name themselves, without a look at the catalogue. */
export const itemsAsNamed = (): ((item: Item) => CatalogueItem) => catalogueItem([], []);

const catalogueItem = (products: readonly CatalogueProduct[], skus: readonly CatalogueSku[]): ((item: Item) => CatalogueItem) => {
  const productById = new Map(products.map((product) => [product.id, product]));
  const productBySource = new Map(products.map((product) => [product.sourceId, product]));
  const skuById = new Map(skus.map((sku) => [sku.id, sku]));
  const skuBySource = new Map(skus.map((sku) => [sku.sourceId, sku]));
  // A shop may give its own id where ours is asked for.
  const found = <T>(byId: Map<string, T>, bySource: Map<string | null, T>, id?: string, sourceId?: string): T | null =>
    (id === undefined ? undefined : (byId.get(id) ?? bySource.get(id))) ??
    (sourceId === undefined ? undefined : bySource.get(sourceId)) ??
    null;

  return (item) => {
    const named = namedIn(item);
    const sku = found(skuById, skuBySource, named.skuId, named.skuSourceId);
    const product = sku?.product ?? found(productById, productBySource, named.productId, named.productSourceId);
    return {
      productId: product?.id ?? named.productId ?? null,
      productSourceId: product?.sourceId ?? named.productSourceId ?? null,
      skuId: sku?.id ?? named.skuId ?? null,
      skuSourceId: sku?.sourceId ?? named.skuSourceId ?? null,
      product,
      sku,
    };
  };
};
