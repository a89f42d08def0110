import type { RuleDefinition } from '../../domain/validation-rules/rule.ts';
import type { Db, Tx } from '../client.ts';
import { recordEvents } from '../event/events.ts';
import { idTime, newId } from '../ids.ts';
import { direction, toPage, type Page, type PageRequest } from '../paging.ts';

export interface ValidationRule {
  projectId: string;
  id: string;
  name: string;
  contextType: string | null;
  /** The current revision of the definition. */
  revision: number;
  definition: RuleDefinition;
  assignmentsCount: number;
  createdAt: Date;
  updatedAt: Date | null;
}

export type NewRule = Pick<ValidationRule, 'projectId' | 'name' | 'contextType' | 'definition'>;
export type RuleChange = Partial<Pick<ValidationRule, 'name' | 'contextType' | 'definition'>>;

const columns = (db: Db) => db`
  r.project_id, r.id, r.name, r.context_type, r.revision, d.definition, r.created_at, r.updated_at,
  (select count(*) from validation_rule_assignment a where a.project_id = r.project_id and a.rule_id = r.id) as assignments_count`;

const source = (db: Db) => db`
  validation_rule r join validation_rule_revision d on d.project_id = r.project_id and d.rule_id = r.id and d.revision = r.revision`;

/** Conditions with how they go together, where nobody said it: all of them. */
const rulesView = (rules: RuleDefinition['rules']): RuleDefinition['rules'] => {
  const ids = Object.keys(rules).filter((id) => id !== 'logic');
  return rules.logic !== undefined || ids.length === 0 ? rules : { ...rules, logic: ids.join(' and ') };
};

/** The rule as the API shows it. */
export const ruleView = (rule: ValidationRule) => ({
  id: rule.id,
  name: rule.name,
  rules: rulesView(rule.definition.rules),
  error: rule.definition.error ?? undefined,
  applicable_to: rule.definition.applicable_to ?? { included: [], excluded: [], included_all: false },
  type: rule.definition.type ?? 'advanced',
  context_type: rule.contextType ?? 'global',
  revision: rule.revision,
  assignments_count: rule.assignmentsCount,
  created_at: rule.createdAt.toISOString(),
  updated_at: rule.updatedAt?.toISOString() ?? null,
  object: 'validation_rules' as const,
});

const recordRuleEvent = (tx: Tx, type: string, rule: ValidationRule, now: Date) =>
  recordEvents(tx, [
    { projectId: rule.projectId, type, customerId: null, data: { validation_rule: ruleView(rule) }, dedupeKey: null, occurredAt: now },
  ]);

const writeRevision = (tx: Tx, rule: Pick<ValidationRule, 'projectId' | 'id' | 'revision' | 'definition'>, refersTo: string[]) => tx`
  insert into validation_rule_revision (project_id, rule_id, revision, definition, refers_to)
  values (${rule.projectId}, ${rule.id}, ${rule.revision}, ${tx.json(rule.definition as never)}, ${refersTo})`;

/** @param refersTo ids of what the conditions name */
export const createRule = async (tx: Tx, rule: NewRule, refersTo: string[], now: Date): Promise<ValidationRule> => {
  const id = newId('validationRule');
  const row: ValidationRule = { ...rule, id, revision: 1, assignmentsCount: 0, createdAt: idTime(id), updatedAt: null };
  await tx`
    insert into validation_rule (project_id, id, name, context_type, revision, created_at)
    values (${row.projectId}, ${id}, ${row.name}, ${row.contextType}, 1, ${row.createdAt})`;
  await writeRevision(tx, row, refersTo);
  await recordRuleEvent(tx, 'validation_rule.created', row, now);
  return row;
};

export const findRule = async (db: Db, projectId: string, id: string): Promise<ValidationRule | null> => {
  const [row] = await db<ValidationRule[]>`select ${columns(db)} from ${source(db)} where r.project_id = ${projectId} and r.id = ${id}`;
  return row ?? null;
};

/** Locks rules, in order of id, so that they neither change nor go while they are assigned. Rules are locked before anything else. */
export const lockRules = async (tx: Tx, projectId: string, ids: string[]): Promise<Map<string, ValidationRule>> => {
  await tx`select 1 from validation_rule where project_id = ${projectId} and id = any(${ids}::text[]) order by id for no key update`;
  const rows = await tx<ValidationRule[]>`
    select ${columns(tx)} from ${source(tx)} where r.project_id = ${projectId} and r.id = any(${ids}::text[])`;
  return new Map(rows.map((row) => [row.id, row]));
};

export const listRules = async (
  db: Db,
  projectId: string,
  { limit, page, descending, startingAfter }: PageRequest,
): Promise<Page<ValidationRule>> => {
  const from = startingAfter === undefined ? db`` : descending ? db`and r.id < ${startingAfter}` : db`and r.id > ${startingAfter}`;
  const skip = startingAfter === undefined ? (page - 1) * limit : 0;
  const [rows, [totals]] = await Promise.all([
    db<ValidationRule[]>`
      select ${columns(db)} from ${source(db)} where r.project_id = ${projectId} ${from}
      order by r.id ${direction(db, descending)} limit ${limit + 1} offset ${skip}`,
    db<{ total: number }[]>`select count(*) as total from validation_rule where project_id = ${projectId}`,
  ]);
  return toPage(rows, limit, totals?.total ?? 0);
};

/** Changes a rule that is locked. Another definition is a new revision. */
export const updateRule = async (
  tx: Tx,
  rule: ValidationRule,
  change: RuleChange,
  refersTo: string[],
  now: Date,
): Promise<ValidationRule> => {
  const next: ValidationRule = { ...rule, ...change, revision: rule.revision + (change.definition ? 1 : 0), updatedAt: now };
  if (change.definition) await writeRevision(tx, next, refersTo);
  await tx`
    update validation_rule set name = ${next.name}, context_type = ${next.contextType}, revision = ${next.revision}, updated_at = ${now}
    where project_id = ${next.projectId} and id = ${next.id}`;
  await recordRuleEvent(tx, 'validation_rule.updated', next, now);
  return next;
};

/** Deletes a rule that is locked and assigned to nothing. */
export const deleteRule = async (tx: Tx, rule: ValidationRule, now: Date): Promise<void> => {
  await tx`delete from validation_rule where project_id = ${rule.projectId} and id = ${rule.id}`;
  await recordRuleEvent(tx, 'validation_rule.deleted', rule, now);
};

/** A rule that names one of these ids as it stands now. */
export const findRuleNaming = async (db: Db, projectId: string, ids: string[]): Promise<{ id: string; name: string } | null> => {
  const [row] = await db<{ id: string; name: string }[]>`
    select r.id, r.name from ${source(db)} where r.project_id = ${projectId} and d.refers_to && ${ids}::text[] order by r.id limit 1`;
  return row ?? null;
};

export interface RuleRevision {
  id: string;
  revision: number;
  definition: RuleDefinition;
}

/** Definitions by rule and revision, which never change. */
export const readRules = (db: Db, projectId: string, wanted: { id: string; revision: number }[]) => db<RuleRevision[]>`
  select rule_id as id, revision, definition from validation_rule_revision
  where project_id = ${projectId} and (rule_id, revision) in (
    select * from unnest(${wanted.map((each) => each.id)}::text[], ${wanted.map((each) => each.revision)}::int[]))`;
