import { readCardRewards } from '../../db/loyalty/card-rewards.ts';
import { readVouchers } from '../../db/checkout/checkout.ts';
import { readStacks, readTiers } from '../../db/promotion/checkout-promotions.ts';
import type { Sql } from '../../db/client.ts';
import { newId } from '../../db/ids.ts';
import { maintainDays } from '../../db/checkout/validations.ts';
import { changedCard } from '../../domain/loyalty/card.ts';
import { askedRewardsOf, cardRewardsOf, NO_REWARDS } from './card-rewards.ts';
import { readCounts } from './counts.ts';
import { decideQuestion, questionOf } from './decision.ts';
import { lacksPrices, withPrices } from './order-prices.ts';
import { readFacts } from './request-facts.ts';
import { codeKeysOf, type CheckoutRequest } from './request.ts';
import { createGatherer } from './gather.ts';
import { findCustomers } from './named-customers.ts';
import { askedPromotionsOf, NO_PROMOTIONS, promotionsOf, type Promotions } from './promotions.ts';
import { validationTraceOf } from './validation-trace.ts';
import { readUnits } from './known-units.ts';
import type { TraceBuffer } from './validation-traces.ts';
import { validationView } from './validation-view.ts';
import type { KnownVoucher, VoucherStates } from './voucher-states.ts';
import { readDue } from '../../db/loyalty/points-buckets.ts';

export interface ValidationDeps {
  sql: Sql;
  states: VoucherStates;
  traces: TraceBuffer;
  /** Real time. */
  now: () => Date;
  /** How many lookups may be on their way at once. */
  inFlight?: number;
}

/** The body of the answer, as plain JSON; its status is 200 whether the codes apply or not. */
export type ValidationAnswer = ReturnType<typeof validationView>;

export type ValidationActivities = ReturnType<typeof createValidationActivities>;

export const createValidationActivities = ({ sql, states, traces, now, inFlight = 2 }: ValidationDeps) => {
  /** One read for all requests of a project that wait together. */
  const validateSet = async (projectId: string, requests: CheckoutRequest[]): Promise<ValidationAnswer[]> => {
    const keys = new Set(requests.flatMap(codeKeysOf));
    const rewardsAsked = askedRewardsOf(requests);
    const [rows, customerOf, promotions, rewardRows] = await Promise.all([
      keys.size > 0 ? readVouchers(sql, projectId, [...keys]) : [],
      findCustomers(sql, projectId, requests),
      readPromotions(sql, states, projectId, requests),
      rewardsAsked ? readCardRewards(sql, projectId, rewardsAsked) : [],
    ]);
    const rewards = rewardsAsked ? cardRewardsOf(rewardsAsked, rewardRows) : NO_REWARDS;
    const vouchers = await states.statesOf(sql, projectId, rows);
    const time = now();
    await withoutDue(sql, projectId, vouchers, time);
    const questions = requests.map((request) =>
      questionOf(request, { vouchers, promotions, rewards }, request.customer ? customerOf(request.customer) : undefined, time.getTime()),
    );
    const [countsFor, factsOf, units] = await Promise.all([
      readCounts(sql, projectId, questions, requests[0]!.project.timezone, time),
      readFacts(sql, projectId, questions, time),
      readUnits(sql, projectId, questions),
    ]);
    return questions.map((question) => {
      const { request } = question;
      const decision = decideQuestion(question, countsFor(question), factsOf(question), units);
      const id = newId('validation');
      traces.add(validationTraceOf(question, decision, id, time));
      return validationView(request, decision, id, request.trackingId ?? `track_${id.slice('valid_'.length)}`);
    });
  };

  const gatherer = createGatherer({ inFlight, size: 500, run: validateSet });

  return {
    /** Tells whether codes apply to an order and what they take of it. It changes nothing. */
    validate: async (request: CheckoutRequest): Promise<ValidationAnswer> => {
      const { project, order } = request;
      if (!lacksPrices(order)) return gatherer.add(project.id, request);
      return gatherer.add(project.id, { ...request, order: await withPrices(sql, project.id, order!) });
    },

    /** Makes room for the traces of the next days and drops old ones. Repeatable; to be called before the first validation and daily. */
    maintain: (): Promise<void> => maintainDays(sql, now()),
  };
};

/** Points that have expired are not there any more, though nobody took them off their cards yet. */
const withoutDue = async (sql: Sql, projectId: string, vouchers: ReadonlyMap<string, KnownVoucher>, now: Date): Promise<void> => {
  const cards = [...vouchers.values()].filter(({ card }) => card && card.balance > 0);
  if (cards.length === 0) return;
  const at = (voucher: KnownVoucher) => new Date(now.getTime() + voucher.holderOffsetMs).toISOString();
  const due = await readDue(
    sql,
    projectId,
    cards.map((voucher) => ({ voucherId: voucher.id, at: at(voucher) })),
  );
  for (const voucher of cards) {
    const gone = due.get(voucher.id) ?? 0;
    if (gone > 0) voucher.card = changedCard(voucher.card!, 'POINTS_EXPIRATION', gone);
  }
};

const readPromotions = async (sql: Sql, states: VoucherStates, projectId: string, requests: CheckoutRequest[]): Promise<Promotions> => {
  const asked = askedPromotionsOf(requests);
  if (!asked) return NO_PROMOTIONS;
  const [tiers, stacks] = await Promise.all([readTiers(sql, projectId, asked), readStacks(sql, projectId, asked.stackIds)]);
  return promotionsOf(sql, states.rules, projectId, tiers, stacks);
};
