import type { z } from 'zod';
import type { Campaign } from '../../db/campaign/campaigns.ts';
import type { Tx } from '../../db/client.ts';
import {
  createEarningRule,
  findEarningRule,
  hasLoyaltyTier,
  listEarningRules,
  MOST_EARNING_RULES,
  updateEarningRule,
  type EarningRule,
  type EarningRuleFields,
} from '../../db/loyalty/earning-rules.ts';
import { assignRules, listAssignments, removeAssignments } from '../../db/validation-rules/rule-assignments.ts';
import { findReferences } from '../../db/validation-rules/rule-references.ts';
import { DomainError, invalidPayload } from '../../domain/errors.ts';
import { ANY_TIER, itemsOfEarning, type Earning } from '../../domain/loyalty/earning-rule.ts';
import { compileRule } from '../../domain/validation-rules/compile.ts';
import { countersOfRules } from '../../domain/validation-rules/counting.ts';
import type { RuleReference } from '../../domain/validation-rules/references.ts';
import { requireRules } from '../campaign/rule-references.ts';
import { pointsProblem } from '../schemas/earning.ts';
import { PENDING_EVENT, PENDING_PROBLEM, type createEarningRulesBody, type updateEarningRuleBody } from '../schemas/earning-rule.ts';
import { requireStart, windowAfter, windowOf } from '../campaign/validity.ts';

type CreateBody = z.output<typeof createEarningRulesBody>[number];
type UpdateBody = z.output<typeof updateEarningRuleBody>;

/** Whom it could count is of no matter here: only whether it counts. */
const ANYBODY = { redeemable: { object: 'voucher', id: '-', campaignId: '-' }, customerId: '-', at: 0, zone: 'UTC' } as const;

/** Locks the validation rules that are to be assigned, before anything else. @throws DomainError invalid_payload, where one is unknown or counts redemptions */
const requireRuleIds = async (tx: Tx, projectId: string, ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return;
  const rules = await requireRules(tx, projectId, [...new Set(ids)]);
  const counting = [...rules.values()].filter(
    ({ id, revision, definition }) => countersOfRules([{ id, revision, ...compileRule(definition) }], ANYBODY).length > 0,
  );
  if (counting.length > 0)
    throw invalidPayload([
      { path: 'validation_rule_id', message: `must count no redemptions: ${counting[0]!.id} does, and points are earned without one` },
    ]);
};

/** @returns the ids of what the rules name. @throws DomainError invalid_payload, naming all that does not exist */
const requireNamed = async (
  tx: Tx,
  { projectId, id: campaignId }: Pick<Campaign, 'projectId' | 'id'>,
  bodies: readonly CreateBody[],
): Promise<Map<string, string>> => {
  const references = bodies.flatMap(({ segment, loyalty }, index): RuleReference[] => [
    ...(segment ? [{ path: `[${index}].segment.id`, object: 'segment' as const, name: segment.id }] : []),
    ...itemReferences(loyalty, `[${index}].loyalty`),
  ]);
  const found = await findReferences(tx, projectId, references);
  const problems = references.flatMap(({ path, object, name }) =>
    found.has(name) ? [] : [{ path, message: `names the ${object.replace('_', ' ')} ${name}, which does not exist` }],
  );
  for (const [index, { loyalty_tier: tier }] of bodies.entries())
    if (tier && tier.id !== ANY_TIER && !(await hasLoyaltyTier(tx, projectId, campaignId, tier.id)))
      problems.push({ path: `[${index}].loyalty_tier.id`, message: `names the loyalty tier ${tier.id}, which the program does not have` });
  if (problems.length > 0) throw invalidPayload(problems);
  return found;
};

const itemReferences = (loyalty: Earning, path: string): RuleReference[] =>
  (itemsOfEarning(loyalty) ?? []).map(({ object, id }) => ({ path: `${path}.applicable_to`, object, name: id }));

const orNull = <T extends object>(value: T): T | null => (Object.keys(value).length > 0 ? value : null);

const eventOf = ({ event, custom_event: custom }: CreateBody): Pick<EarningRuleFields, 'event' | 'schemaId'> => {
  if (event !== 'custom_event') return { event, schemaId: null };
  const schemaId = (custom?.schema_id ?? custom?.name)!;
  return { event: custom?.name ?? schemaId, schemaId };
};

const fieldsOf = (body: CreateBody, ids: ReadonlyMap<string, string>): EarningRuleFields => ({
  ...eventOf(body),
  segmentId: body.segment ? ids.get(body.segment.id)! : null,
  loyaltyTierId: body.loyalty_tier?.id ?? null,
  loyalty: body.loyalty,
  expirationRules: body.expiration_rules ?? null,
  pendingDays: body.pending_points?.period_value ?? null,
  validity: orNull(windowOf(body)),
  startDate: body.start_date ?? null,
  expirationDate: body.expiration_date ?? null,
  active: body.active ?? true,
  banner: body.source?.banner ?? null,
  metadata: body.metadata ?? {},
});

const assign = async (tx: Tx, rule: EarningRule, validationRuleId: string | null | undefined, now: Date): Promise<EarningRule> => {
  if (!validationRuleId) return rule;
  await assignRules(tx, rule.projectId, [validationRuleId], { type: 'earning_rule', id: rule.id }, now);
  return (await findEarningRule(tx, rule))!;
};

/** Locks what rules are to be assigned. To be called before the program is locked. @throws DomainError invalid_payload */
export const lockAssigned = (tx: Tx, projectId: string, bodies: readonly { validation_rule_id?: string | null }[]): Promise<void> =>
  requireRuleIds(
    tx,
    projectId,
    bodies.flatMap((body) => body.validation_rule_id ?? []),
  );

/** Gives a program that is locked earning rules, all or none. @throws DomainError invalid_payload */
export const addEarningRules = async (tx: Tx, program: Campaign, bodies: readonly CreateBody[], now: Date): Promise<EarningRule[]> => {
  const ids = await requireNamed(tx, program, bodies);
  const { total } = await listEarningRules(tx, program.projectId, program.id, { limit: 1, page: 1 });
  if (total + bodies.length > MOST_EARNING_RULES)
    throw new DomainError('invalid_payload', 'The program has as many earning rules as it may.', {
      details: `${MOST_EARNING_RULES} of them`,
    });
  const rules: EarningRule[] = [];
  for (const body of bodies)
    rules.push(await assign(tx, await createEarningRule(tx, program, fieldsOf(body, ids), now), body.validation_rule_id, now));
  return rules;
};

const changedEarning = ({ loyalty: known }: EarningRule, loyalty: NonNullable<UpdateBody['loyalty']>): Earning => {
  if ('type' in loyalty) return loyalty;
  if (known.type !== 'FIXED')
    throw invalidPayload([
      { path: 'loyalty', message: 'must be told as a whole, with its calculation_type: the rule gives no fixed number of points' },
    ]);
  return { ...known, points: loyalty.points };
};

/** Takes the validation rules of a rule away, and gives it another. The one that it gets is locked. */
const reassign = async (tx: Tx, rule: EarningRule, validationRuleId: string | null, now: Date): Promise<EarningRule> => {
  const page = { limit: 100, page: 1, descending: false };
  const { rows } = await listAssignments(tx, rule.projectId, { objectId: rule.id }, page);
  await removeAssignments(
    tx,
    rows.filter(({ ruleId }) => ruleId !== validationRuleId),
    now,
  );
  return assign(tx, (await findEarningRule(tx, rule))!, validationRuleId, now);
};

/** Changes a rule that is locked: what is left out stays, null empties a field. @throws DomainError invalid_payload */
export const changeEarningRule = async (tx: Tx, rule: EarningRule, body: UpdateBody, now: Date): Promise<EarningRule> => {
  const window = windowAfter(rule.validity ?? {}, body);
  const change: Partial<EarningRuleFields> = {
    ...(body.loyalty && { loyalty: changedEarning(rule, body.loyalty) }),
    ...(body.expiration_rules !== undefined && { expirationRules: body.expiration_rules }),
    ...(body.pending_points !== undefined && { pendingDays: body.pending_points?.period_value ?? null }),
    ...(window && { validity: orNull(window) }),
    ...(body.start_date !== undefined && { startDate: body.start_date }),
    ...(body.expiration_date !== undefined && { expirationDate: body.expiration_date }),
    ...(body.active !== undefined && { active: body.active }),
    ...(body.source?.banner !== undefined && { banner: body.source.banner }),
    ...(body.metadata !== undefined && { metadata: body.metadata ?? {} }),
  };
  const next = { ...rule, ...change };
  if (next.pendingDays !== null && next.event !== PENDING_EVENT)
    throw invalidPayload([{ path: 'pending_points', message: PENDING_PROBLEM }]);
  const problem = pointsProblem(next.loyalty, next.event);
  if (problem !== null) throw invalidPayload([{ path: 'loyalty.points_formula', message: problem }]);
  requireStart(next.validity ?? {}, next.startDate);
  if (next.startDate && next.expirationDate && next.startDate >= next.expirationDate)
    throw invalidPayload([{ path: 'expiration_date', message: 'must be after start_date' }]);
  const references = itemReferences(next.loyalty, 'loyalty');
  const found = await findReferences(tx, rule.projectId, references);
  const missing = references.filter(({ name }) => !found.has(name));
  if (missing.length > 0) throw invalidPayload(missing.map(({ path, name }) => ({ path, message: `names ${name}, which does not exist` })));
  const assigned = body.validation_rule_id === undefined ? rule : await reassign(tx, rule, body.validation_rule_id, now);
  return updateEarningRule(tx, assigned, change, 'updated', now);
};
