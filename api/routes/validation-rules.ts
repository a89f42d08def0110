import type { z } from 'zod';
import type { Sql, Tx } from '../../db/client.ts';
import { assignmentsOfRule, keepAssigned, removeAssignments } from '../../db/validation-rules/rule-assignments.ts';
import {
  createRule,
  deleteRule,
  findRule,
  listRules,
  lockRules,
  ruleView,
  updateRule,
  type ValidationRule,
} from '../../db/validation-rules/validation-rules.ts';
import { DomainError } from '../../domain/errors.ts';
import { operatorNamed, EVERY_OPERATOR } from '../../domain/validation-rules/operators.ts';
import { ruleKinds } from '../../domain/validation-rules/registry.ts';
import type { RuleDefinition } from '../../domain/validation-rules/rule.ts';
import { notFound } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import { requireReferences } from '../campaign/rule-references.ts';
import { list } from '../schemas/list.ts';
import {
  createRuleBody,
  deleteRuleQuery,
  listRulesQuery,
  ruleKindsSchema,
  ruleListSchema,
  ruleParams,
  ruleSchema,
  updateRuleBody,
} from '../schemas/validation-rule.ts';

export interface ValidationRuleRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const found = { description: 'The validation rule', schema: ruleSchema };
const missing = { description: 'There is no such validation rule' };

const errorOf = (error: { message?: string } | null | undefined): RuleDefinition['error'] =>
  error?.message ? { message: error.message } : null;

/** The definition after a change; null where nothing of it changes. */
const definitionAfter = (rule: ValidationRule, body: z.output<typeof updateRuleBody>): RuleDefinition | null => {
  const { rules, error, applicable_to: scope, type = rule.definition.type } = body;
  if (rules === undefined && error === undefined && scope === undefined && type === rule.definition.type) return null;
  return {
    ...(type !== undefined && { type }),
    rules: rules ?? rule.definition.rules,
    error: error === undefined ? rule.definition.error : errorOf(error),
    applicable_to: scope === undefined ? rule.definition.applicable_to : scope,
  };
};

const inUse = (rule: ValidationRule): DomainError =>
  new DomainError('resource_in_use', 'The validation rule is assigned.', {
    details: `It is assigned to ${rule.assignmentsCount} vouchers, campaigns or promotion tiers. Take it away from them first, or delete it with ?force=true.`,
    resource: { id: rule.id, type: 'validation_rules' },
  });

const kinds = {
  object: 'list' as const,
  data_ref: 'data' as const,
  data: ruleKinds.map(({ name, aliases = [], description, subject, value, operators, property = false, nests = false }) => ({
    name,
    aliases,
    description,
    subject,
    value,
    operators,
    property,
    nests,
    object: 'validation_rule_kind' as const,
  })),
  operators: EVERY_OPERATOR.map((name) => ({ name, description: operatorNamed(name).description, takes: operatorNamed(name).takes })),
  total: ruleKinds.length,
};

export const createValidationRuleRoutes = ({ sql, now }: ValidationRuleRoutesDeps): Route[] => {
  const locked = async (tx: Tx, projectId: string, id: string): Promise<ValidationRule> => {
    const rule = (await lockRules(tx, projectId, [id])).get(id);
    if (!rule) throw notFound('validation rule', id);
    return rule;
  };

  return [
    route({
      method: 'get',
      path: '/v1/validation-rules',
      tag: 'Validation rules',
      summary: 'List validation rules',
      scope: 'validation-rules:read',
      query: listRulesQuery,
      responses: { 200: { description: 'Validation rules', schema: ruleListSchema } },
      handler: async ({ project, query }) => {
        const { limit, page, order, starting_after: startingAfter } = query;
        const rules = await listRules(sql, project.id, { limit, page, startingAfter, descending: order === '-created_at' });
        return { status: 200, body: list('data', rules.rows.map(ruleView), rules) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/validation-rules',
      tag: 'Validation rules',
      summary: 'Create a validation rule',
      description: 'It counts for what it is assigned to. What a condition may be is told by `/v1/validation-rules/kinds`.',
      scope: 'validation-rules:write',
      body: createRuleBody,
      responses: { 200: found },
      handler: ({ project, body, write }) =>
        write(async (tx) => {
          const { name, rules, error, applicable_to: scope, context_type: contextType, type } = body;
          const definition = { rules, error: errorOf(error), applicable_to: scope ?? null, ...(type !== undefined && { type }) };
          const refersTo = await requireReferences(tx, project.id, definition);
          const rule = { projectId: project.id, name, contextType: contextType ?? null, definition };
          return { status: 200, body: ruleView(await createRule(tx, rule, refersTo, now())) };
        }),
    }),
    route({
      method: 'get',
      path: '/v1/validation-rules/kinds',
      tag: 'Validation rules',
      summary: 'What conditions there are, and their operators',
      scope: 'validation-rules:read',
      responses: { 200: { description: 'Every kind of condition', schema: ruleKindsSchema } },
      handler: async () => ({ status: 200, body: kinds }),
    }),
    route({
      method: 'get',
      path: '/v1/validation-rules/{id}',
      tag: 'Validation rules',
      summary: 'Get a validation rule',
      scope: 'validation-rules:read',
      params: ruleParams,
      responses: { 200: found, 404: missing },
      handler: async ({ project, params }) => {
        const rule = await findRule(sql, project.id, params.id);
        if (!rule) throw notFound('validation rule', params.id);
        return { status: 200, body: ruleView(rule) };
      },
    }),
    route({
      method: 'put',
      path: '/v1/validation-rules/{id}',
      tag: 'Validation rules',
      summary: 'Update a validation rule',
      description: 'What is left out stays as it is. It counts at once for all that it is assigned to.',
      scope: 'validation-rules:write',
      params: ruleParams,
      body: updateRuleBody,
      responses: { 200: found, 404: missing },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          const rule = await locked(tx, project.id, params.id);
          const definition = definitionAfter(rule, body);
          const refersTo = definition ? await requireReferences(tx, project.id, definition) : [];
          const change = {
            ...(body.name !== undefined && { name: body.name }),
            ...(body.context_type !== undefined && { contextType: body.context_type }),
            ...(definition && { definition }),
          };
          const next = await updateRule(tx, rule, change, refersTo, now());
          if (definition) await keepAssigned(tx, next);
          return { status: 200, body: ruleView(next) };
        }),
    }),
    route({
      method: 'delete',
      path: '/v1/validation-rules/{id}',
      tag: 'Validation rules',
      summary: 'Delete a validation rule',
      description: 'One that is assigned stays, since what it guards would be open to all, unless `force` takes it away from them.',
      scope: 'validation-rules:write',
      params: ruleParams,
      query: deleteRuleQuery,
      responses: { 204: { description: 'Deleted' }, 404: missing, 409: { description: 'It is assigned' } },
      handler: ({ project, params, query, write }) =>
        write(async (tx) => {
          const rule = await locked(tx, project.id, params.id);
          if (rule.assignmentsCount > 0 && !query.force) throw inUse(rule);
          await removeAssignments(tx, await assignmentsOfRule(tx, project.id, rule.id), now());
          await deleteRule(tx, rule, now());
          return { status: 204 };
        }),
    }),
  ];
};
