import { earnedPoints } from '../../domain/loyalty/earning-rule.ts';
import { mappedPoints, type PointsMapping } from '../../domain/loyalty/mapping.ts';
import { pointsExpireAt } from '../../domain/points-expiration.ts';
import { refusalOfRules } from '../../domain/validation-rules/evaluate.ts';
import type { ProgramCard } from '../loyalty-card.ts';
import { changePoints, type PointsChange } from '../points.ts';
import { orderIdOf, type Chance, type ChanceFacts } from './earning-facts.ts';

/** What makes it the same when a rule meets it again: the order that is paid; else the event; for this card. */
export const keyOf = ({ event, rule }: Chance, card: Pick<ProgramCard, 'id'>): string => {
  const paid = event.type === 'order.paid' ? orderIdOf(event) : null;
  return `${rule.id} ${paid ?? event.id} ${card.id}`;
};

/** A chance with all that decides what comes of it. */
interface Earned {
  chance: Chance;
  card: ProgramCard;
  facts: ChanceFacts;
  /** On which the member stands, and what it makes of what rules give. */
  tier: { tier: { id: string; name: string }; mappings: Record<string, PointsMapping> } | null;
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

/** The points that a rule gives a locked card for an event, in memory. @returns null where it gives none */
export const accrualOf = ({ chance, card, facts, tier, zone }: Earned, now: Date): PointsChange | null => {
  const { event, rule } = chance;
  if (facts.rules.length > 0 && refusalOfRules(facts.rules, { ...facts.factsFor(card), zone }) !== null) return null;
  const earned = earnedPoints(rule.loyalty, facts.earning);
  const points = earned === 0 ? 0 : mappedPoints(earned, tier?.mappings[rule.id]);
  if (points <= 0) return null;
  const rules = rule.expirationRules ?? card.expirationRules;
  const cause = {
    type: 'POINTS_ACCRUAL',
    points,
    expiresAt: rules && new Date(pointsExpireAt(rules, event.occurredAt.toISOString(), zone)),
    orderId: orderIdOf(event),
    earningRuleId: rule.id,
    dedupeKey: keyOf(chance, card),
    details: detailsOf(chance, tier),
  } as const;
  return changePoints(card, cause, now);
};
