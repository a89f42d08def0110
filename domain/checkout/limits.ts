import { counterAt, type CounterReader, type CounterRef, type Measure, type Period, type Share } from './counters.ts';
import { refuse, type Refusal } from '../voucher/refusal.ts';
import type { Redeemer } from '../voucher/validity.ts';

/** How often something may be redeemed, in calendar days, weeks from Monday and months. What is left out is without limit. */
export interface Limits {
  daily?: number;
  weekly?: number;
  monthly?: number;
  per_customer?: number;
  per_customer_daily?: number;
  per_customer_weekly?: number;
  per_customer_monthly?: number;
}

/** What a campaign may cost: discounts given, orders it is used for, credits spent of its gift cards. Minor units. */
interface Budget {
  amount?: number;
  orders_amount?: number;
  gift_credits?: number;
}

/** A campaign's, counted over all its vouchers. */
export interface CampaignLimits extends Limits {
  campaign_total?: number;
  campaign_budget?: Budget;
}

/** What limits are of. */
export interface Limited {
  object: 'voucher' | 'promotion_tier';
  id: string;
  limits: Limits | null;
  campaign: { id: string; name: string; limits: CampaignLimits | null } | null;
}

type Who = Pick<Redeemer, 'customerId' | 'named' | 'at' | 'zone'>;

interface Kind {
  perCustomer: boolean;
  period: Period | null;
}

const COUNTS: Record<keyof Limits | 'campaign_total', Kind> = {
  campaign_total: { perCustomer: false, period: null },
  daily: { perCustomer: false, period: 'day' },
  weekly: { perCustomer: false, period: 'week' },
  monthly: { perCustomer: false, period: 'month' },
  per_customer: { perCustomer: true, period: null },
  per_customer_daily: { perCustomer: true, period: 'day' },
  per_customer_weekly: { perCustomer: true, period: 'week' },
  per_customer_monthly: { perCustomer: true, period: 'month' },
};

const COUNT_KINDS = Object.entries(COUNTS);

const BUDGETS = ['amount', 'orders_amount', 'gift_credits'] as const satisfies readonly Measure[];

/** One limit with the counter that it bounds. */
interface Bound {
  /** Where it is written, such as `campaign.limits.daily`. */
  name: string;
  /** The most that the counter may come to. */
  most: number;
  perCustomer: boolean;
  /** null where nobody is named for whom it could be counted. */
  counter: CounterRef | null;
}

/** Stands for a customer whom nobody knows yet, so that one request's redemptions are counted together. */
const NEW_CUSTOMER = 'new';

const countBounds = (limits: CampaignLimits, of: Pick<CounterRef, 'scope' | 'of'>, path: string, by: Who): Bound[] =>
  COUNT_KINDS.flatMap(([name, { perCustomer, period }]) => {
    const most = limits[name as keyof typeof COUNTS];
    if (most === undefined) return [];
    const customerId = perCustomer ? (by.customerId ?? NEW_CUSTOMER) : null;
    const isNobodys = perCustomer && by.customerId === null && !by.named;
    const counter = isNobodys ? null : counterAt({ ...of, customerId, period, measure: 'count' }, by.at, by.zone);
    return [{ name: path + name, most, perCustomer, counter }];
  });

interface BudgetBound extends Bound {
  counter: CounterRef;
}

const budgetBounds = (budget: Budget, of: Pick<CounterRef, 'scope' | 'of'>, path: string, by: Who): BudgetBound[] =>
  BUDGETS.flatMap((measure) => {
    const most = budget[measure];
    return most === undefined
      ? []
      : [{ name: path + measure, most, perCustomer: false, counter: counterAt({ ...of, measure }, by.at, by.zone) }];
  });

const CAMPAIGN_PATH = 'campaign.limits.';

const countsOf = ({ object, id, limits, campaign }: Limited, by: Who): Bound[] => [
  ...(limits ? countBounds(limits, { scope: object, of: id }, 'limits.', by) : []),
  ...(campaign?.limits ? countBounds(campaign.limits, { scope: 'campaign', of: campaign.id }, CAMPAIGN_PATH, by) : []),
];

const budgetsOf = ({ campaign }: Limited, by: Who): BudgetBound[] =>
  campaign?.limits?.campaign_budget
    ? budgetBounds(campaign.limits.campaign_budget, { scope: 'campaign', of: campaign.id }, `${CAMPAIGN_PATH}campaign_budget.`, by)
    : [];

/** False for most: then no counter is looked at. */
export const isLimited = ({ limits, campaign }: Limited): boolean => limits !== null || (campaign !== null && campaign.limits !== null);

/** The counters that the limits of this voucher or tier, and of its campaign, bound for who redeems it. */
export const countersOfLimits = (limited: Limited, by: Who): CounterRef[] =>
  isLimited(limited) ? [...countsOf(limited, by), ...budgetsOf(limited, by)].flatMap((bound) => bound.counter ?? []) : [];

/** Whether one more redemption is within the limits. @returns null where it is */
export const refusalOfLimits = (limited: Limited, by: Who, read: CounterReader): Refusal | null => {
  for (const { name, most, perCustomer, counter } of countsOf(limited, by)) {
    if (counter === null) return refuse('missing_customer', name, most, `${name} counts for each customer: tell who redeems it`);
    const used = read(counter, { needed: 1, most });
    if (used + 1 > most) {
      const details = `${name} is ${most}, and ${used} ${used === 1 ? 'is' : 'are'} used`;
      return refuse(perCustomer ? 'customer_rules_violated' : 'quantity_exceeded', name, most, details);
    }
  }
  return null;
};

/** Whether the budget has what this redemption costs. @returns null where it has */
export const refusalOfBudget = (limited: Limited, by: Who, share: Share, read: CounterReader): Refusal | null => {
  for (const { name, most, counter } of budgetsOf(limited, by)) {
    const needed = share[counter.measure];
    const used = read(counter, { needed, most });
    if (used + needed > most) {
      return refuse('redemption_rules_violated', name, most, `${name} is ${most}, of which ${used} is used, and this needs ${needed}`);
    }
  }
  return null;
};

/** True where some budget bounds what a redemption costs, so that its share has to be known before it is decided. */
export const hasBudget = ({ campaign }: Limited): boolean => campaign?.limits?.campaign_budget !== undefined;
