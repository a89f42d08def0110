import type { assignmentView } from './rule-assignments.ts';
import type { Db } from '../client.ts';
import type { Fragment } from '../filter/condition.ts';

/** The assignments of a row as the API shows them; null: none. */
export type AssignedRules = ReturnType<typeof assignmentView>[] | null;

const assignments = (db: Db, projectId: Fragment, objects: Fragment) => db`(
  select jsonb_agg(jsonb_build_object('id', a.id, 'rule_id', a.rule_id, 'related_object_id', a.related_object_id,
    'related_object_type', a.related_object_type, 'created_at', to_char(a.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'updated_at', null,
    'object', 'validation_rules_assignment') order by a.id)
  from validation_rule_assignment a where a.project_id = ${projectId} and a.related_object_id in (${objects}))`;

/** The assignments of a campaign `c` or promotion tier `t`, as a column. Only rows that have some are looked up. */
export const assignedRules = (db: Db, row: 'c' | 't') => db`
  case when ${db(row)}.rule_refs is not null then ${assignments(db, db`${db(row)}.project_id`, db`${db(row)}.id`)} end as assigned_rules`;

/** Those of a voucher `v` and of its campaign `c`, both of which count for it. */
export const rulesOfVoucher = (db: Db) => db`
  case when v.rule_refs is not null or c.rule_refs is not null then ${assignments(db, db`v.project_id`, db`v.id, v.campaign_id`)} end as assigned_rules`;

/** As the API lists them with what they are assigned to. */
export const assignedRulesView = (rules: AssignedRules) => ({
  object: 'list' as const,
  data_ref: 'data' as const,
  data: rules ?? [],
  total: rules?.length ?? 0,
});
