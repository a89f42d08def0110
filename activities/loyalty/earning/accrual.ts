import type { TierMapping } from '../../../db/loyalty/earning-rules.ts';
import { earnedPoints } from '../../../domain/loyalty/earning-rule.ts';
import { mappedPoints } from '../../../domain/loyalty/mapping.ts';
import { pointsExpireAt } from '../../../domain/loyalty/points-expiration.ts';
import { refusalOfRules } from '../../../domain/validation-rules/evaluate.ts';
import type { ProgramCard } from '../card.ts';
import type { NewPending } from '../pending-points.ts';
import { changePoints, type PointsChange } from '../points.ts';
import { orderIdOf, type Chance, type ChanceFacts, type MemberFacts } from './facts.ts';

/** What makes it the same when a rule meets it again: the order that is paid; else the event; for this card. */
export const keyOf = ({ event, rule }: Chance, card: Pick<ProgramCard, 'id'>): string => {
  const paid = event.type === 'order.paid' ? orderIdOf(event) : null;
  return `${rule.id} ${paid ?? event.id} ${card.id}`;
};

/** A chance with all that decides what comes of it. */
interface Earned {
  chance: Chance;
  card: MemberFacts;
  facts: ChanceFacts;
  /** On which the member stands, and what it makes of what rules give. */
  tier: TierMapping | null;
  /** IANA; of the project. */
  zone: string;
}

/** What the points were given for, as the API shows it with the transaction. */
const detailsOf = ({ event, rule }: Chance, tier: Earned['tier']) => {
  const named = (field: string): object => {
    const told = event.data[field] as { id?: unknown; name?: unknown } | null | undefined;
    return told ? { [field]: { id: told.id, name: told.name } } : {};
  };
  const order = event.data['order'] as { id?: string; source_id?: string | null } | undefined;
  return {
    event: { id: event.id, type: event.type },
    earning_rule: { id: rule.id, source: { banner: rule.banner }, type: rule.loyalty.type },
    ...(orderIdOf(event) !== null && { order: { id: order?.id, source_id: order?.source_id ?? null } }),
    ...(rule.segmentId !== null && named('segment')),
    ...(event.type.startsWith('customer.loyalty.tier.') && named('loyalty_tier')),
    ...(rule.schemaId !== null && {
      custom_event: { id: event.id, type: event.type },
      event_schema: { id: rule.schemaId, name: rule.event },
    }),
    ...(tier && { holder_loyalty_tier: tier.tier }),
  };
};

/** What a rule gives for an event. */
export interface Gain {
  points: number;
  /** For what, as the API shows it. */
  details: Record<string, unknown>;
}

/** The points that a rule gives a member for an event. @returns null where it gives none */
export const gainOf = ({ chance, card, facts, tier, zone }: Earned): Gain | null => {
  const { rule } = chance;
  if (facts.rules.length > 0 && refusalOfRules(facts.rules, { ...facts.factsFor(card), zone }) !== null) return null;
  const earned = earnedPoints(rule.loyalty, facts.earning);
  const points = earned === 0 ? 0 : mappedPoints(earned, tier?.mappings[rule.id]);
  return points > 0 ? { points, details: detailsOf(chance, tier) } : null;
};

/** Points that come to a locked card at once, in memory. @returns null where it would have more than can be counted */
export const accrualOf = (chance: Chance, card: ProgramCard, { points, details }: Gain, zone: string, now: Date): PointsChange | null => {
  const { event, rule } = chance;
  const rules = rule.expirationRules ?? card.expirationRules;
  const cause = {
    type: 'POINTS_ACCRUAL',
    points,
    expiresAt: rules && new Date(pointsExpireAt(rules, event.occurredAt.toISOString(), zone)),
    orderId: orderIdOf(event),
    earningRuleId: rule.id,
    dedupeKey: keyOf(chance, card),
    details,
  } as const;
  return changePoints(card, cause, now);
};

/** Points that wait first, as the rule says. */
export const pendingOf = (chance: Chance, card: Pick<ProgramCard, 'id'>, { points, details }: Gain): NewPending => {
  const { event, rule, customer } = chance;
  return {
    campaignId: rule.campaignId,
    customerId: customer.id,
    orderId: orderIdOf(event),
    earningRuleId: rule.id,
    points,
    expirationRules: rule.expirationRules,
    details,
    dedupeKey: keyOf(chance, card),
    days: rule.pendingDays!,
    earnedAt: event.occurredAt.toISOString(),
  };
};
