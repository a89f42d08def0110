import { later, startOfLocalPeriod } from './calendar.ts';

export type Interval = 'day' | 'week' | 'month';

const LENGTHS: Record<Interval, string> = { day: 'P1D', week: 'P1W', month: 'P1M' };

/** Sums of one period. Amounts in minor units of the project's currency. */
export interface Figures {
  published: number;
  validated: number;
  validations_failed: Record<string, number>;
  redeemed: number;
  failed: number;
  /** By the reason. */
  failures: Record<string, number>;
  rolled_back: number;
  discount_given: number;
  discount_rolled_back: number;
  orders: number;
  /** Before discounts. */
  order_value: number;
  order_value_rolled_back: number;
  /** Purchases of customers who had bought with the campaign before. */
  repeat_purchases: number;
}

/** A part of the figures of the period that begins then. */
export interface PartialFigures extends Partial<Figures> {
  /** ISO 8601 */
  period: string;
}

const noFigures = (): Figures => ({
  published: 0,
  validated: 0,
  validations_failed: {},
  redeemed: 0,
  failed: 0,
  failures: {},
  rolled_back: 0,
  discount_given: 0,
  discount_rolled_back: 0,
  orders: 0,
  order_value: 0,
  order_value_rolled_back: 0,
  repeat_purchases: 0,
});

/** Adds to figures what is told of them. */
const addFigures = (sum: Figures, part: Partial<Figures>): Figures => {
  const added = { ...sum };
  for (const [name, value] of Object.entries(part) as [keyof Figures, unknown][]) {
    if (typeof value === 'number') Object.assign(added, { [name]: (added[name] as number) + value });
    else if (typeof value === 'object' && value !== null) {
      const reasons = { ...(added[name] as Record<string, number>) };
      for (const [reason, count] of Object.entries(value as Record<string, number>)) reasons[reason] = (reasons[reason] ?? 0) + count;
      Object.assign(added, { [name]: reasons });
    }
  }
  return added;
};

/** Where the periods between two times begin, in a time zone: the first may begin before `from`. ISO 8601. */
export const periodsBetween = (from: string, to: string, interval: Interval, zone: string, most: number): string[] | null => {
  const periods: string[] = [];
  for (let begin = startOfLocalPeriod(from, interval, zone); begin < to; begin = later(begin, LENGTHS[interval], zone)) {
    if (periods.length === most) return null;
    periods.push(begin);
  }
  return periods;
};

/** The figures of each period, those in which nothing happened too, and all together. */
export const inPeriods = (periods: readonly string[], parts: readonly PartialFigures[]) => {
  const sums = new Map(periods.map((begin) => [begin, noFigures()]));
  let totals = noFigures();
  for (const { period, ...part } of parts) {
    sums.set(period, addFigures(sums.get(period) ?? noFigures(), part));
    totals = addFigures(totals, part);
  }
  return { periods: [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([begin, figures]) => ({ period: begin, ...figures })), totals };
};
