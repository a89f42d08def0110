import type { Sql, Tx } from '../../db/client.ts';
import {
  deleteEarningRule,
  earningRuleView,
  findEarningRule,
  listEarningRules,
  lockEarningRule,
  updateEarningRule,
  type EarningRule,
} from '../../db/loyalty/earning-rules.ts';
import { addEarningRules, changeEarningRule, lockAssigned } from '../loyalty/earning-rule.ts';
import { notFound } from '../http/errors.ts';
import { findLoyaltyProgram, lockLoyaltyProgram } from '../loyalty/program.ts';
import { route, type Answer, type RequestContext, type Route } from '../http/route.ts';
import {
  createEarningRulesBody,
  earningRuleListSchema,
  earningRuleParams,
  earningRuleSchema,
  earningRulesSchema,
  listEarningRulesQuery,
  updateEarningRuleBody,
} from '../schemas/earning-rule.ts';
import { list } from '../schemas/list.ts';
import { programParams } from '../schemas/loyalty.ts';

export interface EarningRuleRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const tag = 'Earning rules';
const found = { description: 'The earning rule', schema: earningRuleSchema };
const missing = { description: 'There is no such loyalty program or earning rule' };

interface Named {
  campaign: string;
  rule: string;
}

export const createEarningRuleRoutes = ({ sql, now }: EarningRuleRoutesDeps): Route[] => {
  const locked = async (tx: Tx, projectId: string, { campaign, rule: id }: Named): Promise<EarningRule> => {
    const program = await findLoyaltyProgram(tx, projectId, campaign);
    const rule = await lockEarningRule(tx, { projectId, campaignId: program.id, id });
    if (!rule) throw notFound('earning rule', id);
    return rule;
  };
  const setActive = ({ project, params, write }: RequestContext<Named>, active: boolean): Promise<Answer> =>
    write(async (tx) => {
      const rule = await locked(tx, project.id, params);
      const next = await updateEarningRule(tx, rule, { active }, active ? 'enabled' : 'disabled', now());
      return { status: 200, body: earningRuleView(next) };
    });

  return [
    route({
      method: 'get',
      path: '/v1/loyalties/{campaign}/earning-rules',
      tag,
      summary: 'List for what a loyalty program gives points',
      scope: 'loyalties:read',
      params: programParams,
      query: listEarningRulesQuery,
      responses: { 200: { description: 'Earning rules', schema: earningRuleListSchema }, 404: missing },
      handler: async ({ project, params, query }) => {
        const program = await findLoyaltyProgram(sql, project.id, params.campaign);
        const rules = await listEarningRules(sql, project.id, program.id, query);
        return { status: 200, body: list('data', rules.rows.map(earningRuleView), rules) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/loyalties/{campaign}/earning-rules',
      tag,
      summary: 'Say for what a loyalty program gives points',
      description: 'Each rule gives points once for an event, and all that are fulfilled give theirs.',
      scope: 'loyalties:write',
      params: programParams,
      body: createEarningRulesBody,
      responses: { 200: { description: 'The earning rules, in their order', schema: earningRulesSchema }, 404: missing },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          await lockAssigned(tx, project.id, body);
          const program = await lockLoyaltyProgram(tx, project.id, params.campaign);
          return { status: 200, body: (await addEarningRules(tx, program, body, now())).map(earningRuleView) };
        }),
    }),
    route({
      method: 'get',
      path: '/v1/loyalties/{campaign}/earning-rules/{rule}',
      tag,
      summary: 'Get an earning rule',
      scope: 'loyalties:read',
      params: earningRuleParams,
      responses: { 200: found, 404: missing },
      handler: async ({ project, params }) => {
        const program = await findLoyaltyProgram(sql, project.id, params.campaign);
        const rule = await findEarningRule(sql, { projectId: project.id, campaignId: program.id, id: params.rule });
        if (!rule) throw notFound('earning rule', params.rule);
        return { status: 200, body: earningRuleView(rule) };
      },
    }),
    route({
      method: 'put',
      path: '/v1/loyalties/{campaign}/earning-rules/{rule}',
      tag,
      summary: 'Update an earning rule',
      description: 'What is left out stays as it is; null empties a field. What it is about (event, segment, tier) stays.',
      scope: 'loyalties:write',
      params: earningRuleParams,
      body: updateEarningRuleBody,
      responses: { 200: found, 404: missing },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          await lockAssigned(tx, project.id, [body]);
          const rule = await locked(tx, project.id, params);
          return { status: 200, body: earningRuleView(await changeEarningRule(tx, rule, body, now())) };
        }),
    }),
    route({
      method: 'delete',
      path: '/v1/loyalties/{campaign}/earning-rules/{rule}',
      tag,
      summary: 'Delete an earning rule; the points that it gave stay',
      scope: 'loyalties:write',
      params: earningRuleParams,
      responses: { 204: { description: 'Deleted' }, 404: missing },
      handler: ({ project, params, write }) =>
        write(async (tx) => {
          await deleteEarningRule(tx, await locked(tx, project.id, params), now());
          return { status: 204 };
        }),
    }),
    route({
      method: 'post',
      path: '/v1/loyalties/{campaign}/earning-rules/{rule}/enable',
      tag,
      summary: 'Enable an earning rule',
      scope: 'loyalties:write',
      params: earningRuleParams,
      responses: { 200: found, 404: missing },
      handler: (context) => setActive(context, true),
    }),
    route({
      method: 'post',
      path: '/v1/loyalties/{campaign}/earning-rules/{rule}/disable',
      tag,
      summary: 'Disable an earning rule, so that it gives no points',
      scope: 'loyalties:write',
      params: earningRuleParams,
      responses: { 200: found, 404: missing },
      handler: (context) => setActive(context, false),
    }),
  ];
};
