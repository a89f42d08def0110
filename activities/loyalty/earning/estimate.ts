import type { Campaign } from '../../../db/campaign/campaigns.ts';
import type { NamedCustomer } from '../../../db/checkout/checkout.ts';
import type { Sql } from '../../../db/client.ts';
import { blankCustomer, findCustomer, type Customer } from '../../../db/customer/customers.ts';
import { findProgramRules, readEarningMappings } from '../../../db/loyalty/earning-rules.ts';
import type { EventRow } from '../../../db/event/events.ts';
import { newId } from '../../../db/ids.ts';
import { findMemberCards } from '../../../db/loyalty/cards.ts';
import { findOrder } from '../../../db/orders.ts';
import type { Project } from '../../../db/project/projects.ts';
import { changeCustomer } from '../../../domain/customer.ts';
import { DomainError } from '../../../domain/errors.ts';
import { tellOrder, type Order } from '../../../domain/order/order.ts';
import { newOrder } from '../../redemption/kept-orders.ts';
import { lacksPrices, withPrices } from '../../checkout/order-prices.ts';
import { orderNotFound, withOwnDiscount, type ToldOrder } from '../../order/orders.ts';
import { createRuleCache } from '../../checkout/rule-cache.ts';
import { gainOf } from './accrual.ts';
import { isChance } from './earn-points.ts';
import { readEarningFacts, type Chance } from './facts.ts';

/** For what points are estimated. */
export interface EstimateRequest {
  project: Project;
  program: Campaign;
  customer: NamedCustomer;
  /** `id`: of an order that is kept. What is told beside counts instead of what is kept. */
  order: ToldOrder & { id?: string };
}

/** How many points each rule would give. */
export interface Estimate {
  points: number;
  rules: { id: string; banner: string | null; points: number }[];
}

const PAID = 'order.paid';

const refused = (path: string, message: string): DomainError =>
  new DomainError('invalid_payload', 'Points cannot be estimated.', { details: `${path} ${message}`, fields: [{ path, message }] });

/**
 * Says how many points a customer would get for an order once it is paid, as the program's rules and the customer's tier are now. It changes
 * nothing, and asks not whether the order gave points already.
 * @throws DomainError resource_not_found, for an order or a customer's id that nobody knows; invalid_payload, where the program is disabled, or the
 * customer has no card that earns and cannot join by earning
 */
export const createEstimates = ({ sql, now }: { sql: Sql; now: () => Date }): ((request: EstimateRequest) => Promise<Estimate>) => {
  const cache = createRuleCache();
  return async ({ project, program, customer: named, order: told }) => {
    if (!program.active) throw refused('campaign', `is disabled: ${program.name} gives no points`);
    const time = now();
    const [customer, order, rules] = await Promise.all([
      customerNow(sql, project.id, named),
      orderNow(sql, project.id, told, time),
      findProgramRules(sql, [project.id], [PAID]),
    ]);
    const member = { customerId: customer.id, campaignId: program.id };
    const [[card], mappingOf] = await Promise.all([
      findMemberCards(sql, project.id, [member]),
      readEarningMappings(sql, project.id, [member]),
    ]);
    if (!card && !program.template.auto_join)
      throw refused('customer', `has no active card of ${program.name}, which nobody joins by earning`);
    const event = paidEvent(project.id, customer, order, time);
    const chances = rules.flatMap((rule): Chance[] =>
      rule.campaignId === program.id && isChance(rule, event, project) ? [{ event, rule, customer }] : [],
    );
    const factsOf = await readEarningFacts(sql, cache, project, { chances, orders: new Map([[order.id, order]]) }, time);
    const owned = { id: card?.id ?? '', campaign: { id: program.id, name: program.name }, holderId: customer.id };
    const tier = mappingOf(program.id, customer.id);
    const gains = chances.map((chance) => {
      const gain = gainOf({ chance, card: owned, facts: factsOf(chance), tier, zone: project.timezone });
      return { id: chance.rule.id, banner: chance.rule.banner, points: gain?.points ?? 0 };
    });
    return { points: gains.reduce((sum, { points }) => sum + points, 0), rules: gains.filter(({ points }) => points > 0) };
  };
};

const customerNow = async (sql: Sql, projectId: string, { id, sourceId, ...told }: NamedCustomer): Promise<Customer> => {
  const known = await findCustomer(sql, projectId, (sourceId ?? id)!);
  if (!known && sourceId === undefined)
    throw new DomainError('not_found', 'Resource not found', {
      details: `Cannot find customer with id ${id}`,
      resource: { id, type: 'customer' },
    });
  return changeCustomer(known ?? blankCustomer(projectId, sourceId!), told);
};

const orderNow = async (sql: Sql, projectId: string, { id, ...told }: ToldOrder & { id?: string }, now: Date): Promise<Order> => {
  const name = id ?? told.sourceId;
  const known = name === null ? null : await findOrder(sql, projectId, name);
  const isCart = told.amount !== undefined || told.items !== undefined;
  if (!known && !isCart) {
    if (name !== null) throw orderNotFound(name);
    throw refused('order', 'must say what it costs: amount or items, or id or source_id of an order that is kept');
  }
  const lines = { amount: told.amount, items: told.items && [...told.items] };
  const priced = lacksPrices(lines) ? { ...told, items: (await withPrices(sql, projectId, lines)).items } : told;
  const before = known ?? newOrder(projectId, newId('order'), told.sourceId, now);
  // What was taken off the lines that are kept says nothing of others.
  const base = isCart ? { ...before, discounts: [], returned: {} } : before;
  return withOwnDiscount(tellOrder(base, priced, now), priced, now);
};

/** What would be told if the order were paid now, by the customer's clock. */
const paidEvent = (projectId: string, { id, clockOffsetMs }: Customer, order: Order, now: Date): EventRow & { customerId: string } => ({
  projectId,
  id: newId('event'),
  type: PAID,
  customerId: id,
  data: { order: { id: order.id, source_id: order.sourceId } },
  occurredAt: new Date(now.getTime() + clockOffsetMs),
  recordedAt: now,
});
