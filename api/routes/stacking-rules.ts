import { readCategoryRanks } from '../../db/campaign/categories.ts';
import type { Sql } from '../../db/client.ts';
import { recordEvents } from '../../db/event/events.ts';
import { lockStackingRules, readStackingRules, writeStackingRules } from '../../db/promotion/stacking-rules.ts';
import type { StackingRules } from '../../domain/checkout/stacking.ts';
import { invalidPayload } from '../../domain/errors.ts';
import { route, type Route } from '../http/route.ts';
import { someStackingRules, stackingRulesSchema } from '../schemas/stacking-rules.ts';

export interface StackingRuleRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const tag = 'Stacking rules';
const found = { 200: { description: 'The rules that count', schema: stackingRulesSchema } };

const CATEGORY_LISTS = [
  'exclusive_categories',
  'joint_categories',
  'no_effect_skip_categories',
  'no_effect_redeem_anyway_categories',
  'initial_amount_mode_categories',
  'discounted_amount_mode_categories',
] as const;

/** @throws DomainError invalid_payload, where rules name a category that they did not name before, and that does not exist */
const requireCategories = (rules: StackingRules, before: StackingRules, known: ReadonlyMap<string, number>): void => {
  const unknown = (names: string[], kept: string[]) => names.filter((each) => !known.has(each) && !kept.includes(each));
  const limits = 'applicable_redeemables_category_limits';
  const problems = [
    ...CATEGORY_LISTS.map((path) => ({ path, names: unknown(rules[path], before[path]) })),
    { path: limits, names: unknown(Object.keys(rules[limits]), Object.keys(before[limits])) },
  ].filter(({ names }) => names.length > 0);
  if (problems.length > 0)
    throw invalidPayload(problems.map(({ path, names }) => ({ path, message: `names no category of this project: ${names.join(', ')}` })));
};

export const createStackingRuleRoutes = ({ sql, now }: StackingRuleRoutesDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/stacking-rules',
    tag,
    summary: 'How redeemables of one request go together',
    scope: 'project:read',
    responses: found,
    handler: async ({ project }) => ({ status: 200, body: await readStackingRules(sql, project.id) }),
  }),
  route({
    method: 'put',
    path: '/v1/stacking-rules',
    tag,
    summary: 'Change how redeemables of one request go together',
    description: 'What is left out stays. Another API process follows within seconds.',
    scope: 'project:write',
    body: someStackingRules,
    changesProject: true,
    responses: found,
    handler: ({ project, body, write }) =>
      write(async (tx) => {
        const before = await lockStackingRules(tx, project.id);
        const rules: StackingRules = { ...before, ...body };
        requireCategories(rules, before, await readCategoryRanks(tx, project.id));
        await writeStackingRules(tx, project.id, rules);
        const type = 'project.stacking_rules.updated';
        await recordEvents(tx, [{ projectId: project.id, type, customerId: null, data: { ...rules }, dedupeKey: null, occurredAt: now() }]);
        return { status: 200, body: rules };
      }),
  }),
];
