import type { Customer } from '../../db/customers.ts';
import type { ProgramRule } from '../../db/earning-rules.ts';
import type { EventRow } from '../../db/events.ts';
import { findOrders } from '../../db/orders.ts';
import type { Tx } from '../../db/client.ts';
import { itemsOfEarning, type EarningFacts } from '../../domain/loyalty/earning-rule.ts';
import { orderLines, totalsOf, type Order } from '../../domain/order.ts';
import type { RuleFacts } from '../../domain/validation-rules/facts.ts';
import type { AssignedRule } from '../../domain/validation-rules/rule.ts';
import { scopeOf } from '../../domain/validation-rules/scope.ts';
import { readFactsOf } from '../request-facts.ts';
import type { RuleCache } from '../rule-cache.ts';
import type { ProgramCard } from '../loyalty-card.ts';

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

/** Reads what chances of one project need: orders, the catalogue, segments and customers, each only where a rule asks for it. */
export const readEarningFacts = async (
  tx: Tx,
  cache: RuleCache,
  projectId: string,
  chances: readonly Chance[],
  now: Date,
): Promise<(chance: Chance) => ChanceFacts> => {
  await cache.load(
    tx,
    projectId,
    chances.flatMap(({ rule }) => rule.ruleRefs ?? []),
  );
  const ids = chances.flatMap(({ event }) => orderIdOf(event) ?? []);
  const orders = new Map((ids.length > 0 ? await findOrders(tx, projectId, ids) : []).map((order) => [order.id, order]));
  const orderOf = ({ event }: Chance): Order | null => orders.get(orderIdOf(event) ?? '') ?? null;
  const told = new Map(
    chances.map((chance) => {
      const order = orderOf(chance);
      const request = {
        order: order && { id: order.id, amount: order.amount ?? undefined, items: [...order.items], metadata: order.metadata },
        customer: { id: chance.customer.id },
        metadata: chance.event.data,
        apiKeyName: '',
      };
      const scope = scopeRule(chance.rule);
      const rules = cache.rulesOf(projectId, chance.rule.ruleRefs);
      return [chance, { request, customer: { ...chance.customer, changed: false }, rules: scope ? [...rules, scope] : rules, scope }];
    }),
  );
  const asking = [...told.values()].filter(({ rules }) => rules.length > 0);
  const factsOf = asking.length > 0 ? await readFactsOf(tx, projectId, asking, now) : null;

  return (chance) => {
    const { scope, ...asked } = told.get(chance)!;
    const facts = asked.rules.length > 0 ? factsOf!(asked) : null;
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
