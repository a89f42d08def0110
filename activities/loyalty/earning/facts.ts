import type { Customer } from '../../../db/customer/customers.ts';
import type { ProgramRule } from '../../../db/loyalty/earning-rules.ts';
import type { EventRow } from '../../../db/event/events.ts';
import { findOrders } from '../../../db/orders.ts';
import type { Db } from '../../../db/client.ts';
import type { Project } from '../../../db/project/projects.ts';
import type { FormulaItem } from '../../../domain/formula/operands.ts';
import { formulaOfEarning, itemsOfEarning, type EarningFacts } from '../../../domain/loyalty/earning-rule.ts';
import { exponentOf, shareOf } from '../../../domain/money.ts';
import { orderLines, totalsOf, type Order, type OrderLine } from '../../../domain/order/order.ts';
import type { ItemFacts, RuleFacts } from '../../../domain/validation-rules/facts.ts';
import type { AssignedRule } from '../../../domain/validation-rules/rule.ts';
import { scopeOf } from '../../../domain/validation-rules/scope.ts';
import { readFactsOf } from '../../checkout/request-facts.ts';
import type { RuleCache } from '../../checkout/rule-cache.ts';
import type { ProgramCard } from '../card.ts';

/** A customer's event that a rule is about. */
export interface Chance {
  event: EventRow & { customerId: string };
  rule: ProgramRule;
  customer: Customer;
}

/** What a chance's points are counted by, and its validation rules held against. */
export interface ChanceFacts {
  earning: EarningFacts;
  rules: readonly AssignedRule[];
  factsFor: (card: MemberFacts) => RuleFacts;
}

/** What rules may look at of a card. */
export type MemberFacts = Pick<ProgramCard, 'id' | 'campaign' | 'holderId'>;

const NO_SHARE = { count: 1, amount: 0, orders_amount: 0, gift_credits: 0, loyalty_points: 0 };

const NOTHING_REDEEMED = {
  redemptionMetadata: null,
  redeemableMetadata: null,
  quantity: null,
  redeemed: null,
  startsAt: null,
  endsAt: null,
} as const;

/** What is known of a customer by now, or will be. */
const namedBy = ({ id, sourceId, metadata, birthdate }: Customer) => ({ id, sourceId, metadata, ...(birthdate !== null && { birthdate }) });

/** A line as formulas see it. */
const formulaItem = (line: OrderLine, known: ItemFacts | undefined): FormulaItem => ({
  price: line.what.price ?? known?.price ?? shareOf(line.initialAmount, { numerator: 1, denominator: Math.max(1, line.initialQuantity) }),
  amount: line.initialAmount,
  subtotal: line.amount - line.itemDiscount - line.orderDiscount,
  quantity: line.quantity,
  metadata: known?.metadata ?? {},
  productMetadata: known?.productMetadata ?? {},
});

/** The order that an event is about, by the id that its data names. */
export const orderIdOf = ({ type, data }: Pick<EventRow, 'type' | 'data'>): string | null => {
  const id = type.startsWith('order.') ? (data['order'] as { id?: unknown } | undefined)?.id : null;
  return typeof id === 'string' ? id : null;
};

/** Items that points are counted of, as the scope of a rule that has nothing else. */
const scopeRule = ({ id, loyalty }: ProgramRule): AssignedRule | null => {
  const items = itemsOfEarning(loyalty);
  if (items === null) return null;
  const included = items.map((item) => ({ object: item.object, id: item.id }));
  return { id, revision: 1, group: null, message: null, scope: { included, excluded: [], included_all: false } };
};

/** The orders that events are about, by id. */
export const readChanceOrders = async (db: Db, projectId: string, chances: readonly Chance[]): Promise<ReadonlyMap<string, Order>> => {
  const ids = chances.flatMap(({ event }) => orderIdOf(event) ?? []);
  return new Map((ids.length > 0 ? await findOrders(db, projectId, ids) : []).map((order) => [order.id, order]));
};

/**
 * Reads what chances of one project need: the catalogue, segments and customers, each only where a rule asks for it.
 * @param orders those that the events are about, by id
 */
export const readEarningFacts = async (
  db: Db,
  cache: RuleCache,
  { id: projectId, timezone: zone, currency }: Pick<Project, 'id' | 'timezone' | 'currency'>,
  { chances, orders }: { chances: readonly Chance[]; orders: ReadonlyMap<string, Order> },
  now: Date,
): Promise<(chance: Chance) => ChanceFacts> => {
  await cache.load(
    db,
    projectId,
    chances.flatMap(({ rule }) => rule.ruleRefs ?? []),
  );
  const orderOf = ({ event }: Chance): Order | null => orders.get(orderIdOf(event) ?? '') ?? null;
  const told = new Map(
    chances.map((chance) => {
      const order = orderOf(chance);
      const request = {
        order: order && { id: order.id, amount: order.amount ?? undefined, items: [...order.items], metadata: order.metadata },
        customer: namedBy(chance.customer),
        metadata: chance.event.data,
        apiKeyName: '',
      };
      const scope = scopeRule(chance.rule);
      const rules = cache.rulesOf(projectId, chance.rule.ruleRefs);
      const formula = formulaOfEarning(chance.rule.loyalty);
      return [
        chance,
        {
          request,
          customer: { ...chance.customer, changed: false },
          rules: scope ? [...rules, scope] : rules,
          formulas: formula === null ? [] : [formula],
          scope,
        },
      ];
    }),
  );
  const asking = [...told.values()].filter(({ rules, formulas }) => rules.length + formulas.length > 0);
  const factsOf = asking.length > 0 ? await readFactsOf(db, projectId, asking, now) : null;

  return (chance) => {
    const { scope, ...asked } = told.get(chance)!;
    const facts = asked.rules.length + asked.formulas.length > 0 ? factsOf!(asked) : null;
    const order = orderOf(chance);
    const lines = order && orderLines(order);
    const totals = lines && totalsOf(lines);
    const counted = scope && facts ? scopeOf([scope], facts) : null;
    const rules = asked.rules.filter((rule) => rule !== scope);
    return {
      earning: {
        order:
          order && lines && totals
            ? {
                amount: totals.amount,
                totalAmount: totals.left,
                metadata: order.metadata,
                items: order.items.map((_, index) => ({
                  quantity: lines[index]!.initialQuantity,
                  amount: lines[index]!.initialAmount,
                  subtotal: lines[index]!.amount - lines[index]!.itemDiscount,
                  counts: (counted?.items[index] ?? null) !== null,
                })),
              }
            : null,
        customerMetadata: chance.customer.metadata,
        eventData: chance.event.data,
        formula: {
          exponent: exponentOf(currency),
          at: chance.event.occurredAt.getTime(),
          zone,
          orderAmount: totals?.amount ?? 0,
          items: (lines ?? []).flatMap((line) => (line.item === null ? [] : formulaItem(line, facts?.items[line.item]))),
          item: null,
          orderMetadata: order?.metadata ?? null,
          customerMetadata: chance.customer.metadata,
          birthdate: chance.customer.birthdate,
          eventMetadata: chance.event.data,
          ...NOTHING_REDEEMED,
        },
      },
      rules,
      factsFor: (card) => ({
        redeemable: { object: 'voucher', id: card.id, campaignId: card.campaign?.id ?? null, holderId: card.holderId },
        customer: facts?.customer ?? null,
        order: order &&
          totals && { initialAmount: totals.amount, totalAmount: totals.left, items: facts?.items ?? [], metadata: order.metadata },
        metadata: chance.event.data,
        apiKeyName: null,
        at: chance.event.occurredAt.getTime(),
        zone: 'UTC',
        counter: () => 0,
        share: () => NO_SHARE,
      }),
    };
  };
};
