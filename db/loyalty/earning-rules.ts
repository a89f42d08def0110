import type { Earning } from '../../domain/loyalty/earning-rule.ts';
import { itemsOfEarning } from '../../domain/loyalty/earning-rule.ts';
import type { PointsMapping } from '../../domain/loyalty/mapping.ts';
import type { PointsExpiration } from '../../domain/loyalty/points-expiration.ts';
import type { ValidityWindow } from '../../domain/voucher/validity-window.ts';
import type { Db, Tx } from '../client.ts';
import { recordEvents } from '../event/events.ts';
import { idTime, newId } from '../ids.ts';
import { toPage, type Page } from '../paging.ts';
import { forgetAssignments } from '../validation-rules/rule-assignments.ts';

/** For what a loyalty program gives points. */
export interface EarningRule {
  projectId: string;
  id: string;
  campaignId: string;
  /** The type of the event. */
  event: string;
  /** What the rule calls a custom event by, where it does not name it as its event. */
  schemaId: string | null;
  segmentId: string | null;
  loyaltyTierId: string | null;
  loyalty: Earning;
  /** When its points expire; null: as the program says. */
  expirationRules: PointsExpiration | null;
  /** For how many days its points wait before they can be spent; null: not at all. */
  pendingDays: number | null;
  /** null: always. */
  validity: ValidityWindow | null;
  startDate: Date | null;
  expirationDate: Date | null;
  active: boolean;
  banner: string | null;
  metadata: Record<string, unknown>;
  /** `<id>@<revision>` of its validation rules; null: none. */
  ruleRefs: string[] | null;
  createdAt: Date;
  updatedAt: Date | null;
}

export type EarningRuleFields = Omit<EarningRule, 'projectId' | 'id' | 'campaignId' | 'ruleRefs' | 'createdAt' | 'updatedAt'>;

const columns = (db: Db) => db`
  e.project_id, e.id, e.campaign_id, e.event, e.schema_id, e.segment_id, e.loyalty_tier_id, e.loyalty, e.expiration_rules, e.pending_days, e.validity,
  e.start_date, e.expiration_date, e.active, e.banner, e.metadata, e.rule_refs, e.created_at, e.updated_at`;

/** The first item, in the fields that older clients read. */
const withFirstItem = (loyalty: Earning) => {
  const [first] = itemsOfEarning(loyalty) ?? [];
  if (!first || loyalty.type === 'FIXED' || !('order_items' in loyalty)) return loyalty;
  const named = Object.entries(loyalty.order_items).map(([measure, proportion]) => [measure, { ...proportion, ...first }]);
  return { ...loyalty, order_items: Object.fromEntries(named) };
};

/** The rule as the API shows it. */
export const earningRuleView = (rule: EarningRule) => ({
  id: rule.id,
  created_at: rule.createdAt.toISOString(),
  updated_at: rule.updatedAt?.toISOString() ?? null,
  validation_rule_id: rule.ruleRefs?.[0]?.replace(/@\d+$/, '') ?? null,
  loyalty: withFirstItem(rule.loyalty),
  event: rule.schemaId === null ? rule.event : 'custom_event',
  custom_event: rule.schemaId === null ? undefined : { schema_id: rule.schemaId, name: rule.event },
  segment: rule.segmentId === null ? undefined : { id: rule.segmentId },
  loyalty_tier: rule.loyaltyTierId === null ? undefined : { id: rule.loyaltyTierId },
  source: { banner: rule.banner ?? undefined, object_id: rule.campaignId, object_type: 'campaign' as const },
  active: rule.active,
  start_date: rule.startDate?.toISOString() ?? null,
  expiration_date: rule.expirationDate?.toISOString() ?? null,
  validity_timeframe: rule.validity?.validity_timeframe ?? null,
  validity_day_of_week: rule.validity?.validity_day_of_week ?? null,
  validity_hours: rule.validity?.validity_hours ?? null,
  timezone: rule.validity?.timezone ?? null,
  expiration_rules: rule.expirationRules ?? undefined,
  pending_points: rule.pendingDays === null ? null : { period_type: 'DAY' as const, period_value: rule.pendingDays },
  metadata: rule.metadata,
  automation_id: rule.id,
  object: 'earning_rule' as const,
});

const recordRuleEvents = (tx: Tx, type: string, rules: readonly EarningRule[], now: Date) =>
  recordEvents(
    tx,
    rules.map((rule) => ({
      projectId: rule.projectId,
      type: `earning_rule.${type}`,
      customerId: null,
      data: { earning_rule: earningRuleView(rule) },
      dedupeKey: null,
      occurredAt: now,
    })),
  );

const orNull = (tx: Tx, value: object | null) => value && tx.json(value as never);

/** Writes a rule of a program that is locked. */
export const createEarningRule = async (
  tx: Tx,
  program: { projectId: string; id: string },
  fields: EarningRuleFields,
  now: Date,
): Promise<EarningRule> => {
  const id = newId('earningRule');
  const rule: EarningRule = {
    ...fields,
    projectId: program.projectId,
    id,
    campaignId: program.id,
    ruleRefs: null,
    createdAt: idTime(id),
    updatedAt: null,
  };
  await tx`
    insert into earning_rule (project_id, id, campaign_id, event, schema_id, segment_id, loyalty_tier_id, loyalty, expiration_rules, pending_days,
      validity, start_date, expiration_date, active, banner, metadata, created_at)
    values (${rule.projectId}, ${id}, ${rule.campaignId}, ${rule.event}, ${rule.schemaId}, ${rule.segmentId}, ${rule.loyaltyTierId},
      ${tx.json(rule.loyalty as never)}, ${orNull(tx, rule.expirationRules)}, ${rule.pendingDays}, ${orNull(tx, rule.validity)}, ${rule.startDate},
      ${rule.expirationDate}, ${rule.active}, ${rule.banner}, ${tx.json(rule.metadata as never)}, ${rule.createdAt})`;
  await recordRuleEvents(tx, 'created', [rule], now);
  return rule;
};

type RuleName = Pick<EarningRule, 'projectId' | 'campaignId' | 'id'>;

const named = (db: Db, { projectId, campaignId, id }: RuleName) => db`
  e.project_id = ${projectId} and e.campaign_id = ${campaignId} and e.id = ${id}`;

export const findEarningRule = async (db: Db, name: RuleName): Promise<EarningRule | null> => {
  const [row] = await db<EarningRule[]>`select ${columns(db)} from earning_rule e where ${named(db, name)}`;
  return row ?? null;
};

/** Locks the rule for a change. */
export const lockEarningRule = async (tx: Tx, name: RuleName): Promise<EarningRule | null> => {
  const [row] = await tx<EarningRule[]>`select ${columns(tx)} from earning_rule e where ${named(tx, name)} for no key update`;
  return row ?? null;
};

/** How many rules a program may have. */
export const MOST_EARNING_RULES = 200;

/** The rules of a program in the order in which they were made. */
export const listEarningRules = async (
  db: Db,
  projectId: string,
  campaignId: string,
  { limit, page }: { limit: number; page: number },
): Promise<Page<EarningRule>> => {
  const where = db`e.project_id = ${projectId} and e.campaign_id = ${campaignId}`;
  const [rows, [totals]] = await Promise.all([
    db<EarningRule[]>`
      select ${columns(db)} from earning_rule e where ${where} order by e.id limit ${limit + 1} offset ${(page - 1) * limit}`,
    db<{ total: number }[]>`select count(*) as total from earning_rule e where ${where}`,
  ]);
  return toPage(rows, limit, totals?.total ?? 0);
};

/** Changes a rule that is locked. */
export const updateEarningRule = async (
  tx: Tx,
  rule: EarningRule,
  change: Partial<EarningRuleFields>,
  event: 'updated' | 'enabled' | 'disabled',
  now: Date,
): Promise<EarningRule> => {
  const next: EarningRule = { ...rule, ...change, updatedAt: now };
  await tx`
    update earning_rule set loyalty = ${tx.json(next.loyalty as never)}, expiration_rules = ${orNull(tx, next.expirationRules)},
      pending_days = ${next.pendingDays}, validity = ${orNull(tx, next.validity)}, start_date = ${next.startDate}, expiration_date = ${next.expirationDate}, active = ${next.active},
      banner = ${next.banner}, metadata = ${tx.json(next.metadata as never)}, revision = revision + 1, updated_at = ${now}
    where project_id = ${next.projectId} and id = ${next.id}`;
  await recordRuleEvents(tx, event, [next], now);
  return next;
};

/** Deletes a rule that is locked; the points that it gave stay. */
export const deleteEarningRule = async (tx: Tx, rule: EarningRule, now: Date): Promise<void> => {
  await forgetAssignments(tx, rule.projectId, [rule.id]);
  await tx`delete from earning_rule where project_id = ${rule.projectId} and id = ${rule.id}`;
  await recordRuleEvents(tx, 'deleted', [rule], now);
};

/** A rule that gives points now, with its program. */
export interface ProgramRule extends EarningRule {
  campaignStartDate: Date | null;
  campaignExpirationDate: Date | null;
  autoJoin: boolean;
}

/** The active rules of active programs for these events, in the order in which they were made. */
export const findProgramRules = (db: Db, projectIds: readonly string[], events: readonly string[]): Promise<ProgramRule[]> =>
  db<ProgramRule[]>`
    select ${columns(db)}, c.start_date as campaign_start_date, c.expiration_date as campaign_expiration_date,
      coalesce((t.template->>'auto_join')::boolean, false) as auto_join
    from earning_rule e join campaign c on c.project_id = e.project_id and c.id = e.campaign_id and c.active
    join campaign_template t on t.project_id = c.project_id and t.campaign_id = c.id and t.revision = c.revision
    where e.project_id = any(${projectIds as string[]}::text[]) and e.event = any(${events as string[]}::text[]) and e.active order by e.id`;

/** What a member's tier makes of what rules give. */
export interface TierMapping {
  tier: { id: string; name: string };
  /** By the id of the rule. */
  mappings: Record<string, PointsMapping>;
}

/** What the tiers of members make of what rules give; null where they stand on none. */
export const readEarningMappings = async (
  db: Db,
  projectId: string,
  members: readonly { campaignId: string; customerId: string }[],
): Promise<(campaignId: string, customerId: string) => TierMapping | null> => {
  if (members.length === 0) return () => null;
  const rows = await db<
    { campaignId: string; customerId: string; id: string; name: string; earningRules: Record<string, PointsMapping> }[]
  >`
    select m.campaign_id, m.customer_id, t.id, t.name, t.earning_rules from loyalty_tier_member m
    join loyalty_tier t on t.project_id = m.project_id and t.id = m.tier_id
    where m.project_id = ${projectId} and (m.campaign_id, m.customer_id) in (
      select * from unnest(${members.map((each) => each.campaignId)}::text[], ${members.map((each) => each.customerId)}::text[]))`;
  const known = new Map(
    rows.map(({ campaignId, customerId, id, name, earningRules }) => [
      `${campaignId} ${customerId}`,
      { tier: { id, name }, mappings: earningRules },
    ]),
  );
  return (campaignId, customerId) => known.get(`${campaignId} ${customerId}`) ?? null;
};

export const hasLoyaltyTier = async (db: Db, projectId: string, campaignId: string, id: string): Promise<boolean> => {
  const rows = await db`select 1 from loyalty_tier where project_id = ${projectId} and campaign_id = ${campaignId} and id = ${id}`;
  return rows.length > 0;
};
