import type { CheckoutCustomer } from '../../db/checkout/checkout.ts';
import type { Db } from '../../db/client.ts';
import { collectedAmong } from '../../db/product/collections.ts';
import { readTraits, type CustomerTraits } from '../../db/customer/traits.ts';
import { segmentsOf } from '../../db/customer/segment-members.ts';
import { lineAmount } from '../../domain/checkout/cart.ts';
import { NO_FACTS, type CustomerFacts, type ItemFacts, type RequestFacts } from '../../domain/validation-rules/facts.ts';
import { needsOf } from '../../domain/validation-rules/needs.ts';
import { formulasOf } from '../../domain/discount/dynamic-discount.ts';
import type { AssignedRule } from '../../domain/validation-rules/rule.ts';
import { itemsAsNamed, lookUpItems, type CatalogueItem } from './catalogue-items.ts';
import type { Question } from './decision.ts';
import type { CheckoutRequest, OrderRequest } from './request.ts';

type Item = NonNullable<OrderRequest['items']>[number];

/** What a request says, and who it names. */
interface Told {
  request: Pick<CheckoutRequest, 'order' | 'customer' | 'metadata' | 'apiKeyName'>;
  /** undefined: nobody is known by the name that the request gives. */
  customer: CheckoutCustomer | undefined;
}

interface Ruled extends Told {
  /** The rules of all that it redeems. */
  rules: readonly AssignedRule[];
  /** The formulas of their discounts. */
  formulas?: readonly string[];
}

const NOTHING: ReadonlySet<string> = new Set();

/** What the rules of questions of one project are held against. @returns a function that gives the facts of each of them */
export const readFacts = async (
  db: Db,
  projectId: string,
  questions: readonly Question[],
  now: Date,
): Promise<(question: Question) => RequestFacts> => {
  const ruled = questions.flatMap((question): Ruled[] => {
    const rules = question.redeemables.flatMap((redeemable) => redeemable?.rules ?? []);
    const formulas = question.redeemables.flatMap((redeemable) => (redeemable ? formulasOf(redeemable.discount) : []));
    return rules.length + formulas.length > 0 ? [{ ...question, rules, formulas }] : [];
  });
  return ruled.length === 0 ? () => NO_FACTS : readFactsOf(db, projectId, ruled, now);
};

/** Reads customers, segments and products for requests of one project, each only where a rule asks for it. */
export const readFactsOf = async (db: Db, projectId: string, ruled: readonly Ruled[], now: Date): Promise<(told: Told) => RequestFacts> => {
  const needs = needsOf(
    ruled.flatMap(({ rules }) => rules),
    ruled.flatMap(({ formulas = [] }) => formulas),
  );
  const customerIds = [...new Set(ruled.flatMap(({ customer }) => customer?.id ?? []))];
  const items = ruled.flatMap(({ request }) => request.order?.items ?? []);
  const [traitsOf, segments, itemOf] = await Promise.all([
    needs.customer && customerIds.length > 0 ? readTraits(db, projectId, customerIds) : new Map<string, CustomerTraits>(),
    segmentsOf(db, projectId, customerIds, needs.segments, now),
    needs.products && items.length > 0 ? lookUpItems(db, projectId, items) : itemsAsNamed(),
  ]);
  const known = items.map(itemOf);
  const productIds = [...new Set(known.flatMap((item) => item.product?.id ?? []))];
  const collected = await collectedAmong(db, projectId, needs.collections, productIds, now);
  const collectionsOf = ({ product, sku }: CatalogueItem): ReadonlySet<string> =>
    product === null
      ? NOTHING
      : new Set(
          collected.flatMap((row) =>
            row.productId === product.id && (row.skuId === null || row.skuId === sku?.id) ? [row.collectionId] : [],
          ),
        );

  const customerFacts = ({ request: { customer: named }, customer }: Told): CustomerFacts | null =>
    named && {
      id: customer?.id ?? null,
      sourceId: customer?.sourceId ?? named.sourceId ?? null,
      metadata: merged(customer && traitsOf.get(customer.id)?.metadata, named.metadata),
      birthdate: named.birthdate ?? (customer && traitsOf.get(customer.id)?.birthdate) ?? null,
      segments: (customer && segments.get(customer.id)) ?? NOTHING,
    };

  return (told) => {
    const { request } = told;
    return {
      customer: customerFacts(told),
      items: (request.order?.items ?? []).map((item) => {
        const found = itemOf(item);
        return itemFacts(item, found, collectionsOf(found));
      }),
      orderMetadata: request.order && (request.order.metadata ?? {}),
      metadata: request.metadata ?? {},
      apiKeyName: request.apiKeyName,
    };
  };
};

/** What the request tells of a customer counts already, though it may not be written yet. */
const merged = (known: Record<string, unknown> | undefined, told: Record<string, unknown> | null | undefined): Record<string, unknown> =>
  told === null ? {} : Object.fromEntries(Object.entries({ ...known, ...told }).filter(([, value]) => value !== null));

const itemFacts = (item: Item, found: CatalogueItem, collections: ReadonlySet<string>): ItemFacts => {
  const { product, sku } = found;
  const price = item.price ?? sku?.price ?? product?.price ?? null;
  return {
    productId: found.productId,
    productSourceId: found.productSourceId,
    skuId: found.skuId,
    skuSourceId: found.skuSourceId,
    collections,
    price,
    amount: lineAmount({ ...item, price: price ?? undefined }) ?? 0,
    quantity: item.quantity ?? 1,
    metadata: (item['metadata'] as Record<string, unknown> | undefined) ?? {},
    productMetadata: { ...product?.metadata, ...sku?.metadata, ...metadataIn(item['product']), ...metadataIn(item['sku']) },
  };
};

const metadataIn = (told: unknown): Record<string, unknown> =>
  (told as { metadata?: Record<string, unknown> | null } | undefined)?.metadata ?? {};
