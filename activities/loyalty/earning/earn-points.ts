import type { Tx } from '../../../db/client.ts';
import { customerColumns, type Customer } from '../../../db/customer/customers.ts';
import { findProgramRules, type ProgramRule } from '../../../db/loyalty/earning-rules.ts';
import type { EventRow } from '../../../db/event/events.ts';
import { findOrderPending } from '../../../db/loyalty/pending-points.ts';
import { findOrderAccruals } from '../../../db/loyalty/points-transactions.ts';
import { findProject, type Project } from '../../../db/project/projects.ts';
import { isAbout } from '../../../domain/loyalty/earning-rule.ts';
import { createRuleCache, type RuleCache } from '../../checkout/rule-cache.ts';
import { lockLoyaltyCards } from '../card.ts';
import { writePendingBook } from '../pending-points.ts';
import { writePoints } from '../points.ts';
import { decide } from './decide.ts';
import { orderIdOf, type Chance } from './facts.ts';
import { cardFor, membersOf, type MembersDeps } from './members.ts';
import { isReturn } from './order-returns.ts';

export interface EarnPointsDeps extends MembersDeps {
  /** Real time. */
  now: () => Date;
}

type CustomerEvent = EventRow & { customerId: string };

const time = (date: Date | null): number | null => date && date.getTime();

/**
 * Gives points for what happened, as earning rules say, and takes those for orders back that were canceled or came back, in the transaction that
 * takes the events out of the outbox. A customer's events come in order, and are decided in order. Each rule gives points for an event (for an
 * order: once it is paid) once, however often it is told: the ledger keeps for what. It comes after the routes that lock enrolments.
 */
export const createEarnPoints = (deps: EarnPointsDeps): ((tx: Tx, events: EventRow[]) => Promise<void>) => {
  const cache = createRuleCache();
  return async (tx, all) => {
    const events = all.filter((event): event is CustomerEvent => event.customerId !== null);
    const projectIds = [...new Set(events.map((event) => event.projectId))].toSorted();
    const types = [...new Set(events.map((event) => event.type))];
    const rules = events.length > 0 ? await findProgramRules(tx, projectIds, types) : [];
    for (const projectId of projectIds) {
      const own = rules.filter((rule) => rule.projectId === projectId);
      const happened = events.filter(
        (event) => event.projectId === projectId && (isReturn(event) || own.some((rule) => rule.event === event.type)),
      );
      if (happened.length > 0) await earnOf(tx, deps, cache, projectId, happened, own);
    }
  };
};

const earnOf = async (
  tx: Tx,
  deps: EarnPointsDeps,
  cache: RuleCache,
  projectId: string,
  events: readonly CustomerEvent[],
  rules: readonly ProgramRule[],
): Promise<void> => {
  const now = deps.now();
  const project = (await findProject(tx, projectId))!;
  const customers = await readCustomers(tx, projectId, events);
  const chances = events.flatMap((event) => {
    const customer = customers.get(event.customerId);
    return customer ? rules.flatMap((rule): Chance[] => (isChance(rule, event, project) ? [{ event, rule, customer }] : [])) : [];
  });
  const returned = events.filter(isReturn).flatMap((event) => orderIdOf(event) ?? []);
  const given = returned.length > 0 ? await findOrderAccruals(tx, projectId, returned) : [];
  const pending = returned.length > 0 ? await findOrderPending(tx, projectId, returned) : [];
  const members = await membersOf(tx, deps, project, chances, now);
  const mine = new Map(chances.flatMap((chance) => cardFor(chance, members, project) ?? []).map((card) => [card.id, card]));
  const ids = [...mine.keys(), ...[...given, ...pending].map((each) => each.voucherId)];
  if (ids.length === 0) return;

  const locked = await lockLoyaltyCards(tx, project, { ids }, now);
  const { changes, book } = await decide(tx, cache, { project, events, chances, members, cards: locked, returned }, now);
  await writePoints(tx, projectId, locked, changes, now);
  await writePendingBook(tx, projectId, book);
};

/** Whether a rule gives points for an event, whoever it happened to. */
export const isChance = (rule: ProgramRule, event: EventRow, { timezone }: Project): boolean =>
  rule.event === event.type &&
  isAbout(
    {
      periods: [
        { startsAt: time(rule.startDate), endsAt: time(rule.expirationDate) },
        { startsAt: time(rule.campaignStartDate), endsAt: time(rule.campaignExpirationDate) },
      ],
      window: rule.validity,
      segmentId: rule.segmentId,
      loyaltyTierId: rule.loyaltyTierId,
      campaignId: rule.campaignId,
    },
    event,
    event.occurredAt.getTime(),
    timezone,
  );

const readCustomers = async (tx: Tx, projectId: string, events: readonly CustomerEvent[]): Promise<Map<string, Customer>> => {
  const ids = [...new Set(events.map((event) => event.customerId))];
  const rows = await tx<
    Customer[]
  >`select ${customerColumns(tx)} from customer where project_id = ${projectId} and id = any(${ids}::text[])`;
  return new Map(rows.map((customer) => [customer.id, customer]));
};
