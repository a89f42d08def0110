import type { Tx } from '../../../db/client.ts';
import { readEarningMappings } from '../../../db/loyalty/earning-rules.ts';
import { findOrderPending, type PendingPoints } from '../../../db/loyalty/pending-points.ts';
import { findOrderAccruals, findPointsKeys, type OrderAccrual } from '../../../db/loyalty/points-transactions.ts';
import type { Project } from '../../../db/project/projects.ts';
import type { ProgramCard } from '../card.ts';
import { addPending, openPendingBook, type PendingBook } from '../pending-points.ts';
import type { PointsChange } from '../points.ts';
import type { RuleCache } from '../../checkout/rule-cache.ts';
import { accrualOf, gainOf, keyOf, pendingOf } from './accrual.ts';
import { readChanceOrders, readEarningFacts, type Chance } from './facts.ts';
import { cardFor, type Members } from './members.ts';
import { cancellationsOf, readReturns } from './order-returns.ts';

interface Standing {
  project: Project;
  events: readonly Chance['event'][];
  chances: readonly Chance[];
  members: Members;
  /** Those that are locked; they change on the way. */
  cards: readonly ProgramCard[];
  /** The orders that come back. */
  returned: readonly string[];
}

/** What events do to cards: points that come and go, and those that wait. */
interface Decided {
  changes: PointsChange[];
  book: PendingBook;
}

/** Goes through the events in their order, the cards locked. What orders gave is read under the lock: until then, it may have been on its way. */
export const decide = async (tx: Tx, cache: RuleCache, standing: Standing, now: Date): Promise<Decided> => {
  const { project, events, chances, members, returned } = standing;
  const { id: projectId, timezone: zone } = project;
  const cards = new Map(standing.cards.map((card) => [card.id, card]));
  const orders = await readChanceOrders(tx, projectId, chances);
  const factsOf = await readEarningFacts(tx, cache, project, { chances, orders }, now);
  const withCards = chances.flatMap((chance) => {
    const card = cards.get(cardFor(chance, members, project)?.id ?? '');
    return card ? [{ chance, card }] : [];
  });
  const known = await findPointsKeys(
    tx,
    projectId,
    withCards.map(({ chance, card }) => keyOf(chance, card)),
  );
  const mappingOf = await readEarningMappings(
    tx,
    projectId,
    withCards.map(({ chance }) => ({ campaignId: chance.rule.campaignId, customerId: chance.customer.id })),
  );
  const returns = await readReturns(tx, projectId, events);
  const given: OrderAccrual[] = returned.length > 0 ? await findOrderAccruals(tx, projectId, returned) : [];
  const pending: PendingPoints[] = returned.length > 0 ? await findOrderPending(tx, projectId, returned) : [];
  const waits = pending.length > 0 || chances.some(({ rule }) => rule.pendingDays !== null);
  const book = await openPendingBook(tx, projectId, waits ? standing.cards : []);
  const changes: PointsChange[] = [];
  const byEvent = Map.groupBy(withCards, ({ chance }) => chance.event);
  for (const event of events) {
    for (const { chance, card } of byEvent.get(event) ?? []) {
      const once = keyOf(chance, card);
      if (known.has(once)) continue;
      const gain = gainOf({ chance, card, facts: factsOf(chance), tier: mappingOf(chance.rule.campaignId, chance.customer.id), zone });
      if (gain === null) continue;
      if (chance.rule.pendingDays === null) {
        const change = accrualOf(chance, card, gain, zone, now);
        if (change === null) continue;
        changes.push(change);
        const { id, voucherId, orderId, points, details } = change.transaction;
        if (orderId !== null) given.push({ id, voucherId, orderId, points, taken: 0, details });
      } else {
        pending.push(addPending(book, card, pendingOf(chance, card, gain), zone, now));
      }
      known.add(once);
    }
    changes.push(...cancellationsOf(event, { given, pending, book, cards, returns }, now));
  }
  return { changes, book };
};
