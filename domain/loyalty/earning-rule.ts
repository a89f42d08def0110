import { workOut } from '../formula/formula.ts';
import type { FormulaFacts } from '../formula/operands.ts';
import { refusalOfClosedWindow, type ValidityWindow } from '../voucher/validity-window.ts';

/** So many points; where a formula has a value, that many, rounded down. */
interface Points {
  points: number;
  points_formula?: string;
}

/** Points for each full `every` of something. */
interface Proportion extends Points {
  every: number;
}

interface OfMetadata extends Proportion {
  property: string;
}

export const EARNING_ITEM_OBJECTS = ['products_collection', 'product', 'sku'] as const;

export interface EarningItem {
  object: (typeof EARNING_ITEM_OBJECTS)[number];
  /** Of the catalogue. */
  id: string;
}

interface OfItems extends Proportion {
  applicable_to: readonly EarningItem[];
}

/** How many points a rule gives, in the shapes of the Voucherify API. Amounts are minor units. */
export type Earning =
  | ({ type: 'FIXED' } & Points)
  | { type: 'PROPORTIONAL'; calculation_type: 'ORDER_AMOUNT'; order: { amount: Proportion } }
  | { type: 'PROPORTIONAL'; calculation_type: 'ORDER_TOTAL_AMOUNT'; order: { total_amount: Proportion } }
  | { type: 'PROPORTIONAL'; calculation_type: 'ORDER_METADATA'; order: { metadata: OfMetadata } }
  | { type: 'PROPORTIONAL'; calculation_type: 'ORDER_ITEMS_QUANTITY'; order_items: { quantity: OfItems } }
  | { type: 'PROPORTIONAL'; calculation_type: 'ORDER_ITEMS_AMOUNT'; order_items: { amount: OfItems } }
  | { type: 'PROPORTIONAL'; calculation_type: 'ORDER_ITEMS_SUBTOTAL_AMOUNT'; order_items: { subtotal_amount: OfItems } }
  | { type: 'PROPORTIONAL'; calculation_type: 'CUSTOMER_METADATA'; customer: { metadata: OfMetadata } }
  | { type: 'PROPORTIONAL'; calculation_type: 'CUSTOM_EVENT_METADATA'; custom_event: { metadata: OfMetadata } };

/** What points are given for. Amounts are minor units. */
export interface EarningFacts {
  /** null: the event is of no order. */
  order: { amount: number; totalAmount: number; metadata: Record<string, unknown>; items: readonly EarningLine[] } | null;
  customerMetadata: Record<string, unknown>;
  eventData: Record<string, unknown>;
  /** What formulas look at. */
  formula: FormulaFacts;
}

/** One item of an order. */
interface EarningLine {
  quantity: number;
  /** Before discounts, and after those on the item. */
  amount: number;
  subtotal: number;
  /** Whether the rule is about it. */
  counts: boolean;
}

/** The items that a rule is about; null where it is about none in particular. */
export const itemsOfEarning = (earning: Earning): readonly EarningItem[] | null => {
  if (!('order_items' in earning)) return null;
  const [measured]: OfItems[] = Object.values(earning.order_items);
  return measured?.applicable_to ?? null;
};

/** How a rule says its points: once, or for each full `every`. */
const pointsOf = (earning: Earning): Points => {
  if (earning.type === 'FIXED') return earning;
  const { type: _t, calculation_type: _c, ...of } = earning;
  // One thing is measured, by one measure.
  const [measured] = Object.values(Object.values(of)[0] as Record<string, Proportion>);
  return measured!;
};

/** The formula of a rule's points; null where it has none. */
export const formulaOfEarning = (earning: Earning): string | null => pointsOf(earning).points_formula ?? null;

/** The points that count for these facts, their formula worked out. */
const workedOut = ({ points, points_formula: formula }: Points, facts: EarningFacts): number =>
  (formula === undefined ? null : workOut(formula, 'points', facts.formula)) ?? points;

const sumOf = (facts: EarningFacts, of: (line: EarningLine) => number): number =>
  (facts.order?.items ?? []).reduce((sum, line) => (line.counts ? sum + of(line) : sum), 0);

/** How many points a rule gives. Metadata that is no number gives none. */
export const earnedPoints = (earning: Earning, facts: EarningFacts): number => {
  if (earning.type === 'FIXED') return workedOut(earning, facts);
  const proportional = (value: unknown, proportion: Proportion): number => {
    const times = typeof value === 'number' && value > 0 ? Math.floor(value / proportion.every) : 0;
    const points = times === 0 ? 0 : times * workedOut(proportion, facts);
    return Number.isSafeInteger(points) ? points : 0;
  };
  const { order, customerMetadata, eventData } = facts;
  switch (earning.calculation_type) {
    case 'ORDER_AMOUNT':
      return proportional(order?.amount, earning.order.amount);
    case 'ORDER_TOTAL_AMOUNT':
      return proportional(order?.totalAmount, earning.order.total_amount);
    case 'ORDER_METADATA':
      return proportional(order?.metadata[earning.order.metadata.property], earning.order.metadata);
    case 'ORDER_ITEMS_QUANTITY':
      return proportional(
        sumOf(facts, (line) => line.quantity),
        earning.order_items.quantity,
      );
    case 'ORDER_ITEMS_AMOUNT':
      return proportional(
        sumOf(facts, (line) => line.amount),
        earning.order_items.amount,
      );
    case 'ORDER_ITEMS_SUBTOTAL_AMOUNT':
      return proportional(
        sumOf(facts, (line) => line.subtotal),
        earning.order_items.subtotal_amount,
      );
    case 'CUSTOMER_METADATA':
      return proportional(customerMetadata[earning.customer.metadata.property], earning.customer.metadata);
    case 'CUSTOM_EVENT_METADATA':
      return proportional(eventData[earning.custom_event.metadata.property], earning.custom_event.metadata);
    default:
      throw new Error(`there is no such calculation: ${String(earning satisfies never)}`);
  }
};

/** Any tier of the program. */
export const ANY_TIER = '__ANY__';

/** When a rule gives points, and for whose entering. Times are epoch milliseconds. */
export interface EarningTerms {
  /** Those of the rule, and of its program: both have to hold. */
  periods: readonly { startsAt: number | null; endsAt: number | null }[];
  window: ValidityWindow | null;
  segmentId: string | null;
  loyaltyTierId: string | null;
  campaignId: string;
}

const idIn = (value: unknown): unknown => (value as { id?: unknown } | null | undefined)?.id;
const tierOf = (data: Record<string, unknown>): { id?: unknown; campaign_id?: unknown } => data['loyalty_tier'] ?? {};

/**
 * Whether a rule is about an event, whoever it happened to.
 * @param at when it happened, by the customer's clock
 * @param zone IANA; of the project
 */
export const isAbout = (
  { periods, window, segmentId, loyaltyTierId, campaignId }: EarningTerms,
  event: { type: string; data: Record<string, unknown> },
  at: number,
  zone: string,
): boolean => {
  if (periods.some(({ startsAt, endsAt }) => (startsAt !== null && at < startsAt) || (endsAt !== null && at >= endsAt))) return false;
  const startsAt = periods.find((period) => period.startsAt !== null)?.startsAt ?? null;
  if (window !== null && refusalOfClosedWindow(window, { what: 'The rule', startsAt, endsAt: null }, at, zone) !== null) return false;
  if (segmentId !== null && idIn(event.data['segment']) !== segmentId) return false;
  if (!event.type.startsWith('customer.loyalty.tier.')) return true;
  const tier = tierOf(event.data);
  if (tier.campaign_id !== undefined && tier.campaign_id !== campaignId) return false;
  return loyaltyTierId === null || loyaltyTierId === ANY_TIER || tier.id === loyaltyTierId;
};

/**
 * How many of the points for an order are to be taken back altogether: all where it is canceled or came back as a whole; else, of those that
 * were given by what it costs, as great a part as came back of the money.
 */
export const pointsToTakeBack = (
  points: number,
  { canceled, proportional: byAmount, refunded, total }: { canceled: boolean; proportional: boolean; refunded: number; total: number },
): number => {
  if (canceled || (total > 0 && refunded >= total)) return points;
  return byAmount && total > 0 ? Number((BigInt(points) * BigInt(refunded)) / BigInt(total)) : 0;
};
