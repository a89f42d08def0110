import { createCampaign } from '../../db/campaign/campaigns.ts';
import type { Sql } from '../../db/client.ts';
import type { Project } from '../../db/project/projects.ts';
import { assignRules } from '../../db/validation-rules/rule-assignments.ts';
import { createRule } from '../../db/validation-rules/validation-rules.ts';
import { load, type LoadRequest } from '../load.ts';
import type { Servers } from '../servers.ts';
import { carts, createShop, insertBenchVouchers, spreadCodes } from '../shop.ts';

export interface QualificationFigures {
  validationPerSecond: number;
  qualificationPerSecond: number;
  p99: number;
}

const CAMPAIGNS = 1_000;
/** Of a cart of 114.99, every fifth campaign applies. */
const LEAST = 2_300;

/** Live campaigns for all, each with a rule of its own on the cart's amount and units. */
const insertCampaigns = async (sql: Sql, project: Project): Promise<void> => {
  const now = new Date();
  await sql.begin(async (tx) => {
    for (let n = 1; n <= CAMPAIGNS; n += 1) {
      const template = {
        type: 'DISCOUNT_VOUCHER' as const,
        discount: { type: 'PERCENT' as const, percent_off: 5 + (n % 20) },
        redemption: { quantity: 1 },
      };
      const more = { startDate: null, expirationDate: null, active: true, category: null, description: null, metadata: {} };
      const campaign = await createCampaign(
        tx,
        { projectId: project.id, name: `campaign-${n}`, campaignType: 'DISCOUNT_COUPONS', type: 'AUTO_UPDATE', template, ...more },
        now,
      );
      const least = LEAST + (n % 5) * LEAST * 4;
      const rules = {
        1: { name: 'order.amount', conditions: { $more_than_or_equal: [least] } },
        2: { name: 'order.items.quantity', conditions: { $less_than_or_equal: [100] } },
        logic: '1 and 2',
      };
      const definition = { rules, error: null, applicable_to: null };
      const rule = await createRule(tx, { projectId: project.id, name: `rule-${n}`, contextType: null, definition }, [], now);
      await assignRules(tx, project.id, [rule.id], { type: 'campaign', id: campaign!.id }, now);
    }
  });
  await sql`vacuum analyze campaign`;
};

const questions = (count: number): LoadRequest[] =>
  Array.from({ length: count }, (_, n) => ({
    path: '/v1/qualifications',
    body: JSON.stringify({
      scenario: 'ALL',
      customer: { source_id: `shopper-${n % 1000}` },
      order: { amount: 11_499, items: [{ product_id: 'shirt', quantity: 1, price: 11_499, amount: 11_499 }] },
      options: { limit: 5, sorting_rule: 'BEST_DEAL' },
    }),
  }));

/** What qualifies, of 1,000 live campaigns with rules, beside the validation of one code for the same cart, each alone on the server's core. */
export const measureQualification = async (servers: Servers, api: { url: string }, seconds: number): Promise<QualificationFigures> => {
  const shop = await createShop(servers.sql, 'Qualification');
  await insertBenchVouchers(servers.sql, shop.project, 'QUAL', 10_000, 1);
  await insertCampaigns(servers.sql, shop.project);
  const run = (requests: LoadRequest[], duration: number, accept: (status: number, body: string) => boolean) =>
    load({ url: api.url, requests, headers: shop.headers, seconds: duration, accept });
  const validate = (duration: number) =>
    run(
      carts('/v1/validations', spreadCodes('QUAL', 10_000, 2000)),
      duration,
      (status, body) => status === 200 && body.includes('"valid":true'),
    );
  const isRight = (status: number, body: string): boolean =>
    status === 200 && body.includes('"total":200,') && body.includes('"percent_off":20') && body.includes('"total_discount_amount":2300');
  const qualify = (duration: number) => run(questions(2000), duration, isRight);

  await validate(2);
  await qualify(2);
  const validations = await validate(seconds);
  const qualifications = await qualify(seconds);
  const wrong = [...validations.wrong, ...qualifications.wrong];
  if (wrong.length > 0) throw new Error(`wrong answers: ${wrong.join(' | ')}`);
  return { validationPerSecond: validations.perSecond, qualificationPerSecond: qualifications.perSecond, p99: qualifications.p99 };
};
