import { createCampaign } from '../../db/campaign/campaigns.ts';
import type { CampaignLimits } from '../../domain/checkout/limits.ts';
import { load } from '../load.ts';
import type { Servers } from '../servers.ts';
import { carts, type Shop, spreadCodes } from '../shop.ts';

export interface BudgetFigures {
  /** Redemptions of codes of one campaign, all counted in its budget. */
  budgetPerSecond: number;
  /** The same without a budget. */
  plainPerSecond: number;
}

const CODES = 20_000;
const ROUNDS = 4;

const accept = (status: number, body: string): boolean => status === 200 && body.includes('"result":"SUCCESS"');

/** A campaign of 10 % with the codes `<prefix>1` to `<prefix>20000`. @returns its id */
const createBenchCampaign = async ({ sql }: Servers, shop: Shop, prefix: string, limits: CampaignLimits | null): Promise<string> => {
  const template = {
    type: 'DISCOUNT_VOUCHER' as const,
    discount: { type: 'PERCENT' as const, percent_off: 10 },
    redemption: { quantity: null },
    ...(limits && { campaign_limits: limits }),
  };
  const campaign = await sql.begin((tx) =>
    createCampaign(
      tx,
      {
        projectId: shop.project.id,
        name: prefix,
        campaignType: 'DISCOUNT_COUPONS',
        type: 'AUTO_UPDATE',
        template,
        startDate: null,
        expirationDate: null,
        active: true,
        category: null,
        description: null,
        metadata: {},
      },
      new Date(),
    ),
  );
  if (campaign === null) throw new Error(`there is a campaign ${prefix} already`);
  await sql`
    insert into voucher (project_id, id, code, code_key, type, campaign_id, template_revision)
    select ${shop.project.id}, 'v_' || ${prefix} || i, ${prefix} || i, ${prefix} || i, 'DISCOUNT_VOUCHER', ${campaign.id}, 1
    from generate_series(1, ${CODES}) i`;
  await sql`vacuum analyze voucher`;
  return campaign.id;
};

/** What the budget's counter and the ledger say, which has to be the same. */
const booksOf = async ({ sql }: Servers, shop: Shop, campaignId: string) => {
  const [row] = await sql<{ counted: number; given: number }[]>`
    select (select value from counter where project_id = ${shop.project.id} and key = ${`campaign ${campaignId}    amount`}) as counted,
      (select sum(amount)::bigint from redemption where project_id = ${shop.project.id} and campaign_id = ${campaignId} and result = 'SUCCESS') as given`;
  return row;
};

/** Redemptions over HTTP that share a campaign's budget, beside those of a campaign without one, in turns; then the books are checked. */
export const measureBudget = async (servers: Servers, api: { url: string }, shop: Shop, seconds: number): Promise<BudgetFigures> => {
  const campaignId = await createBenchCampaign(servers, shop, 'BUDGET', { campaign_budget: { amount: Number.MAX_SAFE_INTEGER } });
  await createBenchCampaign(servers, shop, 'PLAIN', null);
  const redeem = async (prefix: string, duration: number): Promise<number> => {
    const requests = carts('/v1/redemptions', spreadCodes(prefix, CODES, 5_000));
    const run = await load({ url: api.url, requests, headers: shop.headers, seconds: duration, accept });
    if (run.wrong.length > 0) throw new Error(`${prefix}: wrong answers: ${run.wrong.join(' | ')}`);
    return run.perSecond;
  };
  // A process goes faster for its first ten thousand requests: both are warmed up, and each comes first as often as the other.
  await redeem('PLAIN', 4);
  await redeem('BUDGET', 4);
  const figures = { budgetPerSecond: 0, plainPerSecond: 0 };
  const each = Math.max(1, Math.round(seconds / ROUNDS));
  const budget = async (): Promise<void> => void (figures.budgetPerSecond += (await redeem('BUDGET', each)) / ROUNDS);
  const plain = async (): Promise<void> => void (figures.plainPerSecond += (await redeem('PLAIN', each)) / ROUNDS);
  for (let round = 0; round < ROUNDS; round++) for (const turn of round % 2 === 0 ? [budget, plain] : [plain, budget]) await turn();
  const books = await booksOf(servers, shop, campaignId);
  if (books === undefined || books.counted !== books.given) throw new Error(`the budget's books do not agree: ${JSON.stringify(books)}`);
  return figures;
};
