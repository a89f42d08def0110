import type { Db } from '../../db/client.ts';
import { lineAmount } from '../../domain/checkout/cart.ts';
import { lookUpItems, namesProduct } from './catalogue-items.ts';
import type { OrderRequest } from './request.ts';

type Priced = Pick<OrderRequest, 'amount' | 'items'>;
type Item = NonNullable<OrderRequest['items']>[number];

const lacksPrice = (item: Item): boolean => lineAmount(item) === undefined && namesProduct(item);

/** True where some item says what it is, but not what it costs. */
export const lacksPrices = (order: Priced | null): boolean => order?.items?.some(lacksPrice) ?? false;

/**
 * The order with what the catalogue asks for items that say no price: a SKU's price, else its product's. It stays as it was told where the
 * items would then cost more than the whole order, which the shop said, or more than can be counted.
 */
export const withPrices = async <T extends Priced>(db: Db, projectId: string, order: T): Promise<T> => {
  const itemOf = await lookUpItems(db, projectId, order.items?.filter(lacksPrice) ?? []);
  const items = order.items?.map((item) => {
    if (!lacksPrice(item)) return item;
    const { product, sku } = itemOf(item);
    const price = sku?.price ?? product?.price ?? undefined;
    return price === undefined ? item : { ...item, price };
  });
  const sum = items?.reduce((total, item) => total + (lineAmount(item) ?? 0), 0) ?? 0;
  return Number.isSafeInteger(sum) && sum <= (order.amount ?? Infinity) ? { ...order, items } : order;
};
