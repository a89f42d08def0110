import { tryRule } from '../../activities/checkout/rule-trial.ts';
import type { Sql } from '../../db/client.ts';
import { findRule } from '../../db/validation-rules/validation-rules.ts';
import { namedCustomer, orderOf } from '../checkout/request.ts';
import { notFound } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import { ruleParams, ruleTrialSchema, tryRuleBody } from '../schemas/validation-rule.ts';

export interface RuleTrialRoutesDeps {
  sql: Sql;
  now: () => Date;
}

export const createRuleTrialRoutes = ({ sql, now }: RuleTrialRoutesDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/validation-rules/{id}/validation',
    tag: 'Validation rules',
    summary: 'Try a validation rule on a customer and a cart',
    description: 'As if a voucher had it that nobody has used yet. It changes nothing.',
    scope: 'validation-rules:read',
    params: ruleParams,
    body: tryRuleBody,
    responses: {
      200: { description: 'Whether it holds', schema: ruleTrialSchema },
      404: { description: 'There is no such validation rule' },
    },
    handler: async ({ project, apiKey, params, body }) => {
      const rule = await findRule(sql, project.id, params.id);
      if (!rule) throw notFound('validation rule', params.id);
      const { order, customer, metadata = null } = body;
      const trial = {
        order: order ? orderOf(order) : null,
        customer: customer ? namedCustomer(customer) : null,
        metadata,
        apiKeyName: apiKey.name,
      };
      const { refusal, ...applicable } = await tryRule(sql, rule, trial, project.timezone, now());
      const error = refusal && {
        key: refusal.key,
        message: refusal.message,
        details: refusal.details,
        ...(refusal.shown && { error: { message: refusal.shown } }),
      };
      return {
        status: 200,
        body: {
          valid: refusal === null,
          rule_id: rule.id,
          ...applicable,
          ...(error && { error }),
        },
      };
    },
  }),
];
