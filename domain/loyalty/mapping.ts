import { ratioOf, shareOf } from '../money.ts';

/** What a tier makes of points: of those that an earning rule gives, or of those that a reward costs. As the API writes it. */
export type PointsMapping = { type: 'MULTIPLY'; multiplier: number } | { type: 'CUSTOM'; points: number };

/** A tier's points instead of the usual ones; a product is rounded half up. Without a mapping the usual ones stay. */
export const mappedPoints = (points: number, mapping: PointsMapping | undefined): number => {
  if (!mapping) return points;
  return mapping.type === 'CUSTOM' ? mapping.points : shareOf(points, ratioOf(mapping.multiplier));
};
