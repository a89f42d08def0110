import type { Tx } from '../../db/client.ts';
import { customerColumns, type Customer } from '../../db/customers.ts';
import { findProgramRules, readEarningMappings, type ProgramRule } from '../../db/earning-rules.ts';
import type { EventRow } from '../../db/events.ts';
import { findMemberCards, type MemberCard } from '../../db/loyalty-cards.ts';
import { findOrderAccruals, findPointsKeys, type OrderAccrual } from '../../db/points-transactions.ts';
import { findProject, type Project } from '../../db/projects.ts';
import { codeKey } from '../../domain/code-pattern.ts';
import { isAbout } from '../../domain/loyalty/earning-rule.ts';
import { createRuleCache, type RuleCache } from '../rule-cache.ts';
import { lockLoyaltyCards, type ProgramCard } from '../loyalty-card.ts';
import { writePoints, type PointsChange } from '../points.ts';
import { publish } from '../publication.ts';
import { accrualOf, keyOf } from './accrual.ts';
import { orderIdOf, readEarningFacts, type Chance } from './earning-facts.ts';
import { cancellationsOf, isReturn, readReturns } from './order-returns.ts';

export interface EarnPointsDeps {
  /** Real time. */
  now: () => Date;
  /** A cryptographically secure source. */
  randomBytes: (n: number) => Uint8Array;
}

type CustomerEvent = EventRow & { customerId: string };

const key = (...parts: string[]): string => parts.join(' ');
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
  const members = await membersOf(tx, deps, project, chances, now);
  const mine = new Map(chances.flatMap((chance) => cardFor(chance, members, project) ?? []).map((card) => [card.id, card]));
  if (mine.size === 0 && given.length === 0) return;

  const locked = await lockLoyaltyCards(tx, project, { ids: [...mine.keys(), ...given.map((each) => each.voucherId)] }, now);
  const cards = new Map(locked.map((card) => [card.id, card]));
  const changes = await decide(tx, cache, { project, events, chances, members, cards, given }, now);
  await writePoints(tx, projectId, locked, changes, now);
};

interface Standing {
  project: Project;
  events: readonly CustomerEvent[];
  chances: readonly Chance[];
  members: Members;
  cards: ReadonlyMap<string, ProgramCard>;
  given: readonly OrderAccrual[];
}

/** Goes through the events in their order, the cards locked and changing on the way. */
const decide = async (tx: Tx, cache: RuleCache, standing: Standing, now: Date): Promise<PointsChange[]> => {
  const { project, events, chances, members, cards } = standing;
  const { id: projectId } = project;
  const factsOf = await readEarningFacts(tx, cache, projectId, chances, now);
  const withCards = chances.flatMap((chance) => {
    const card = cards.get(cardFor(chance, members, project)?.id ?? '');
    return card ? [{ chance, card }] : [];
  });
  const known = await findPointsKeys(
    tx,
    projectId,
    withCards.map(({ chance, card }) => keyOf(chance, card)),
  );
  const ofMembers = withCards.map(({ chance }) => ({ campaignId: chance.rule.campaignId, customerId: chance.customer.id }));
  const mappings = ofMembers.length > 0 ? await readEarningMappings(tx, projectId, ofMembers) : new Map();
  const returns = await readReturns(tx, projectId, events);
  const given = [...standing.given];
  const changes: PointsChange[] = [];
  const byEvent = Map.groupBy(withCards, ({ chance }) => chance.event);
  for (const event of events) {
    for (const { chance, card } of byEvent.get(event) ?? []) {
      const once = keyOf(chance, card);
      if (known.has(once)) continue;
      const tier = mappings.get(key(chance.rule.campaignId, chance.customer.id)) ?? null;
      const change = accrualOf({ chance, card, facts: factsOf(chance), tier, zone: project.timezone }, now);
      if (change === null) continue;
      known.add(once);
      changes.push(change);
      const { id, voucherId, orderId, points, details } = change.transaction;
      if (orderId !== null) given.push({ id, voucherId, orderId, points, taken: 0, details });
    }
    changes.push(...cancellationsOf(event, { given, cards, returns }, now));
  }
  return changes;
};

const isChance = (rule: ProgramRule, event: CustomerEvent, { timezone }: Project): boolean =>
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

/** Cards by `<customer> <campaign>`, the oldest first. */
type Members = Map<string, MemberCard[]>;

const memberKey = ({ rule, customer }: Chance): string => key(customer.id, rule.campaignId);

/** The cards of those who may earn. Who has none gets one, where the program says so. */
const membersOf = async (
  tx: Tx,
  { randomBytes }: EarnPointsDeps,
  project: Project,
  chances: readonly Chance[],
  now: Date,
): Promise<Members> => {
  if (chances.length === 0) return new Map();
  const find = async (asked: readonly Chance[]): Promise<Members> => {
    const members = asked.map(({ rule, customer }) => ({ customerId: customer.id, campaignId: rule.campaignId }));
    const cards = await findMemberCards(tx, project.id, members);
    return Map.groupBy(cards, ({ customerId, campaignId }) => key(customerId, campaignId));
  };
  const members = await find(chances);
  const joining = new Map(
    chances.flatMap((chance) => (chance.rule.autoJoin && !members.has(memberKey(chance)) ? [[memberKey(chance), chance]] : [])),
  );
  for (const { rule, customer } of joining.values()) {
    const what = { campaign: rule.campaignId, count: 1 };
    const request = {
      project,
      apiKeyId: null,
      customer: { id: customer.id },
      what,
      sourceId: null,
      joinOnce: true,
      channel: 'earning rule',
      metadata: {},
    };
    await publish(tx, request, { now, randomBytes });
  }
  return joining.size > 0 ? find(chances) : members;
};

/** The card that points come to: the one that the event names, if it is the customer's; else their oldest of the program. */
const cardFor = (chance: Chance, members: Members, { caseSensitiveCodes }: Project): MemberCard | undefined => {
  const cards = members.get(memberKey(chance)) ?? [];
  const code = (chance.event.data['loyalty'] as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? cards.find((card) => card.codeKey === codeKey(code, caseSensitiveCodes)) : cards[0];
};
