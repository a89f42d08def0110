import { findCampaign } from '../../db/campaign/campaigns.ts';
import type { Sql, Tx } from '../../db/client.ts';
import type { Project } from '../../db/project/projects.ts';
import {
  assignmentsOfRule,
  assignmentView,
  assignRules,
  hasPromotionTier,
  listAssignments,
  removeAssignments,
  type RuledObject,
} from '../../db/validation-rules/rule-assignments.ts';
import { findRule, lockRules } from '../../db/validation-rules/validation-rules.ts';
import { findVoucher, findVouchers } from '../../db/voucher/vouchers.ts';
import { notFound } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import {
  assignmentListSchema,
  assignmentParams,
  assignmentSchema,
  createAssignmentBody,
  listAssignmentsQuery,
  listRulesQuery,
  ruleParams,
} from '../schemas/validation-rule.ts';

export interface RuleAssignmentRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const missing = { description: 'There is no such validation rule, voucher, campaign or promotion tier' };

type Asked = { voucher?: string | null; campaign?: string | null; promotion_tier?: string | null };

/** What a rule is to be assigned to. @throws DomainError not_found */
const targetOf = async (tx: Tx, project: Project, asked: Asked): Promise<{ type: RuledObject; id: string }> => {
  const { voucher, campaign, promotion_tier: tier } = asked;
  if (voucher != null) {
    const found = (await findVoucher(tx, project, voucher)) ?? (await findVouchers(tx, project.id, [voucher]))[0];
    if (!found) throw notFound('voucher', voucher);
    return { type: 'voucher', id: found.id };
  }
  if (campaign != null) {
    const found = await findCampaign(tx, project.id, campaign);
    if (!found) throw notFound('campaign', campaign);
    return { type: 'campaign', id: found.id };
  }
  if (!(await hasPromotionTier(tx, project.id, tier!))) throw notFound('promotion tier', tier!);
  return { type: 'promotion_tier', id: tier! };
};

export const createRuleAssignmentRoutes = ({ sql, now }: RuleAssignmentRoutesDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/validation-rules-assignments',
    tag: 'Validation rules',
    summary: 'List what validation rules are assigned to',
    scope: 'validation-rules:read',
    query: listAssignmentsQuery,
    responses: { 200: { description: 'Assignments', schema: assignmentListSchema } },
    handler: async ({ project, query }) => {
      const { limit, page, order, starting_after: startingAfter, rule: ruleId, related_object_id: objectId } = query;
      const request = { limit, page, startingAfter, descending: order === '-created_at' };
      const found = await listAssignments(sql, project.id, { ruleId, objectId }, request);
      return { status: 200, body: list('data', found.rows.map(assignmentView), found) };
    },
  }),
  route({
    method: 'get',
    path: '/v1/validation-rules/{id}/assignments',
    tag: 'Validation rules',
    summary: 'List what a validation rule is assigned to',
    scope: 'validation-rules:read',
    params: ruleParams,
    query: listRulesQuery,
    responses: { 200: { description: 'Assignments', schema: assignmentListSchema }, 404: missing },
    handler: async ({ project, params, query }) => {
      if (!(await findRule(sql, project.id, params.id))) throw notFound('validation rule', params.id);
      const { limit, page, order, starting_after: startingAfter } = query;
      const request = { limit, page, startingAfter, descending: order === '-created_at' };
      const found = await listAssignments(sql, project.id, { ruleId: params.id }, request);
      return { status: 200, body: list('data', found.rows.map(assignmentView), found) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/validation-rules/{id}/assignments',
    tag: 'Validation rules',
    summary: 'Assign a validation rule to a voucher, a campaign or a promotion tier',
    description: 'From then on it has to hold. What is assigned already is answered as it is.',
    scope: 'validation-rules:write',
    params: ruleParams,
    body: createAssignmentBody,
    responses: { 200: { description: 'The assignment', schema: assignmentSchema }, 404: missing },
    handler: ({ project, params, body, write }) =>
      write(async (tx) => {
        if (!(await lockRules(tx, project.id, [params.id])).has(params.id)) throw notFound('validation rule', params.id);
        const target = await targetOf(tx, project, body);
        const [assignment] = await assignRules(tx, project.id, [params.id], target, now());
        return { status: 200, body: assignmentView(assignment!) };
      }),
  }),
  route({
    method: 'delete',
    path: '/v1/validation-rules/{id}/assignments/{assignment}',
    tag: 'Validation rules',
    summary: 'Take a validation rule away from what it is assigned to',
    scope: 'validation-rules:write',
    params: assignmentParams,
    responses: { 204: { description: 'Taken away' }, 404: { description: 'There is no such assignment' } },
    handler: ({ project, params, write }) =>
      write(async (tx) => {
        await lockRules(tx, project.id, [params.id]);
        const assignment = (await assignmentsOfRule(tx, project.id, params.id)).find((each) => each.id === params.assignment);
        if (!assignment) throw notFound('validation rule assignment', params.assignment);
        await removeAssignments(tx, [assignment], now());
        return { status: 204 };
      }),
  }),
];
