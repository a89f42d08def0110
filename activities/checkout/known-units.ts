import { lookUpCatalogue } from '../../db/product/catalogue.ts';
import type { Db } from '../../db/client.ts';
import { SHIPPING, unitsOf } from '../../domain/discount/discount.ts';
import type { KnownUnit, KnownUnits } from '../../domain/discount/free-units.ts';
import type { Question } from './decision.ts';

const NONE: KnownUnits = new Map();

interface Catalogued {
  id: string;
  sourceId: string | null;
  price: number | null;
}

/** What the catalogue has of the products whose units these questions' discounts make free. Reads nothing where there are none, as for most. */
export const readUnits = async (db: Db, projectId: string, questions: readonly Question[]): Promise<KnownUnits> => {
  const types = new Set<string>();
  for (const { redeemables } of questions)
    for (const redeemable of redeemables)
      if (redeemable?.discount.type === 'UNIT') for (const { unit_type } of unitsOf(redeemable.discount)) types.add(unit_type);
  types.delete(SHIPPING.id);
  if (types.size === 0) return NONE;
  const { products, skus } = await lookUpCatalogue(db, projectId, [...types]);
  const known: Catalogued[] = [...skus, ...products];
  return new Map(
    [...types].flatMap((type): [string, KnownUnit][] => {
      const found = known.find(({ id }) => id === type) ?? known.find(({ sourceId }) => sourceId === type);
      return found ? [[type, { names: [found.id, found.sourceId].filter((name) => name !== null), price: found.price }]] : [];
    }),
  );
};
