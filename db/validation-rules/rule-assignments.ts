import type { Db, Tx } from '../client.ts';
import { changeCounting, forgetCounters } from '../checkout/counters.ts';
import { recordEvents } from '../event/events.ts';
import { idTime, newId } from '../ids.ts';
import { direction, toPage, type Page, type PageRequest } from '../paging.ts';
import type { ValidationRule } from './validation-rules.ts';

/** What a rule can be assigned to. */
export type RuledObject = 'voucher' | 'campaign' | 'promotion_tier' | 'earning_rule';

export interface RuleAssignment {
  projectId: string;
  id: string;
  ruleId: string;
  relatedObjectType: RuledObject;
  relatedObjectId: string;
  createdAt: Date;
}

/** The assignment as the API shows it. */
export const assignmentView = (assignment: RuleAssignment) => ({
  id: assignment.id,
  rule_id: assignment.ruleId,
  related_object_id: assignment.relatedObjectId,
  related_object_type: assignment.relatedObjectType,
  created_at: assignment.createdAt.toISOString(),
  updated_at: null,
  object: 'validation_rules_assignment' as const,
});

const columns = (db: Db) => db`project_id, id, rule_id, related_object_type, related_object_id, created_at`;

type Target = Pick<RuleAssignment, 'relatedObjectType' | 'relatedObjectId'>;

const tables: Record<RuledObject, (db: Db) => ReturnType<Db>> = {
  voucher: (db) => db`voucher`,
  campaign: (db) => db`campaign`,
  promotion_tier: (db) => db`promotion_tier`,
  earning_rule: (db) => db`earning_rule`,
};

/** In the order in which rows are locked. */
const ORDER: readonly RuledObject[] = ['voucher', 'campaign', 'promotion_tier', 'earning_rule'];

/**
 * Brings what a checkout reads with these rows up to date with their assignments, and lets what was counted for them be counted anew, since other
 * rules count other things. The rules are locked already.
 */
const keepRefs = async (tx: Tx, projectId: string, targets: readonly Target[]): Promise<void> => {
  for (const type of ORDER) {
    const ids = targets.filter((target) => target.relatedObjectType === type).map((target) => target.relatedObjectId);
    if (ids.length === 0) continue;
    const rows = tables[type](tx);
    await tx`select 1 from ${rows} where project_id = ${projectId} and id = any(${ids}::text[]) order by id for no key update`;
    const changed = await tx<{ id: string; campaignId: string | null }[]>`
      update ${rows} o set
        ${type === 'campaign' ? tx`` : tx`revision = o.revision + 1,`}
        rule_refs = (
          select array_agg(a.rule_id || '@' || r.revision order by a.id) from validation_rule_assignment a
          join validation_rule r on r.project_id = a.project_id and r.id = a.rule_id
          where a.project_id = o.project_id and a.related_object_type = ${type} and a.related_object_id = o.id)
      where o.project_id = ${projectId} and o.id = any(${ids}::text[])
      returning o.id, ${type === 'campaign' ? tx`o.id` : tx`o.campaign_id`} as campaign_id`;
    const campaignIds = [...new Set(changed.flatMap((row) => row.campaignId ?? []))];
    if (campaignIds.length > 0) await changeCounting(tx, projectId, campaignIds);
    const alone = changed.filter((row) => row.campaignId === null).map((row) => row.id);
    if (type === 'voucher' && alone.length > 0) await forgetCounters(tx, projectId, 'voucher', alone);
  }
};

/** Writes again what is read with the rows that this rule is assigned to, after it changed. */
export const keepAssigned = async (tx: Tx, { projectId, id }: ValidationRule): Promise<void> =>
  keepRefs(
    tx,
    projectId,
    await tx<Target[]>`
    select related_object_type, related_object_id from validation_rule_assignment where project_id = ${projectId} and rule_id = ${id}`,
  );

const recordAssignmentEvents = (tx: Tx, type: string, assignments: readonly RuleAssignment[], now: Date) =>
  recordEvents(
    tx,
    assignments.map((assignment) => ({
      projectId: assignment.projectId,
      type,
      customerId: null,
      data: { validation_rule_assignment: assignmentView(assignment) },
      dedupeKey: null,
      occurredAt: now,
    })),
  );

/**
 * Assigns locked rules to something that exists. What is assigned already stays as it is.
 * @returns the assignments in the order of the rules
 */
export const assignRules = async (
  tx: Tx,
  projectId: string,
  ruleIds: readonly string[],
  target: { type: RuledObject; id: string },
  now: Date,
): Promise<RuleAssignment[]> => {
  const rows = ruleIds.map((ruleId) => {
    const id = newId('ruleAssignment');
    return { projectId, id, ruleId, relatedObjectType: target.type, relatedObjectId: target.id, createdAt: idTime(id) };
  });
  const written = await tx<RuleAssignment[]>`
    insert into validation_rule_assignment (project_id, id, rule_id, related_object_type, related_object_id, created_at)
    select ${projectId}, id, rule_id, ${target.type}, ${target.id}, created_at
    from unnest(${rows.map((row) => row.id)}::text[], ${rows.map((row) => row.ruleId)}::text[], ${rows.map((row) => row.createdAt.toISOString())}::timestamptz[])
      as n (id, rule_id, created_at)
    on conflict do nothing returning ${columns(tx)}`;
  if (written.length > 0) {
    await keepRefs(tx, projectId, [{ relatedObjectType: target.type, relatedObjectId: target.id }]);
    await recordAssignmentEvents(tx, 'validation_rule.assignment.created', written, now);
  }
  const all = await assignmentsOf(tx, projectId, [target.id]);
  return ruleIds.map((ruleId) => all.find((each) => each.ruleId === ruleId)!);
};

/** Takes away assignments of a locked rule. */
export const removeAssignments = async (tx: Tx, assignments: readonly RuleAssignment[], now: Date): Promise<void> => {
  const [first] = assignments;
  if (!first) return;
  await tx`
    delete from validation_rule_assignment where project_id = ${first.projectId} and id = any(${assignments.map((each) => each.id)}::text[])`;
  await keepRefs(tx, first.projectId, assignments);
  await recordAssignmentEvents(tx, 'validation_rule.assignment.deleted', assignments, now);
};

/** What is assigned to these vouchers, campaigns and tiers, in the order in which it was. */
const assignmentsOf = (db: Db, projectId: string, objectIds: string[]) => db<RuleAssignment[]>`
  select ${columns(db)} from validation_rule_assignment
  where project_id = ${projectId} and related_object_id = any(${objectIds}::text[]) order by id`;

export const assignmentsOfRule = (db: Db, projectId: string, ruleId: string) => db<RuleAssignment[]>`
  select ${columns(db)} from validation_rule_assignment where project_id = ${projectId} and rule_id = ${ruleId} order by id`;

/** Forgets the assignments of what is deleted. */
export const forgetAssignments = (tx: Tx, projectId: string, objectIds: string[]) => tx`
  delete from validation_rule_assignment where project_id = ${projectId} and related_object_id = any(${objectIds}::text[])`;

/** Forgets the assignments of a campaign that is deleted, and of its vouchers and tiers. */
export const forgetCampaignAssignments = (tx: Tx, projectId: string, campaignId: string) => tx`
  delete from validation_rule_assignment where project_id = ${projectId} and (related_object_id = ${campaignId} or related_object_id in (
    select id from voucher where project_id = ${projectId} and campaign_id = ${campaignId} and rule_refs is not null
    union all
    select id from promotion_tier where project_id = ${projectId} and campaign_id = ${campaignId} and rule_refs is not null
    union all
    select id from earning_rule where project_id = ${projectId} and campaign_id = ${campaignId} and rule_refs is not null))`;

export const listAssignments = async (
  db: Db,
  projectId: string,
  filter: { ruleId?: string; objectId?: string },
  { limit, page, descending, startingAfter }: PageRequest,
): Promise<Page<RuleAssignment>> => {
  const where = db`project_id = ${projectId} ${filter.ruleId === undefined ? db`` : db`and rule_id = ${filter.ruleId}`}
    ${filter.objectId === undefined ? db`` : db`and related_object_id = ${filter.objectId}`}`;
  const from = startingAfter === undefined ? db`` : descending ? db`and id < ${startingAfter}` : db`and id > ${startingAfter}`;
  const skip = startingAfter === undefined ? (page - 1) * limit : 0;
  const [rows, [totals]] = await Promise.all([
    db<RuleAssignment[]>`
      select ${columns(db)} from validation_rule_assignment where ${where} ${from}
      order by id ${direction(db, descending)} limit ${limit + 1} offset ${skip}`,
    db<{ total: number }[]>`select count(*) as total from validation_rule_assignment where ${where}`,
  ]);
  return toPage(rows, limit, totals?.total ?? 0);
};

export const hasPromotionTier = async (db: Db, projectId: string, id: string): Promise<boolean> => {
  const rows = await db`select 1 from promotion_tier where project_id = ${projectId} and id = ${id}`;
  return rows.length > 0;
};
