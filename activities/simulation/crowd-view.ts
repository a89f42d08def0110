import {
  countSimulatedVouchers,
  listSimulatedEnrolments,
  listSimulatedVisits,
  type SimulatedEnrolment,
  type SimulatedVisit,
  type SimulatedVoucher,
} from '../../db/simulation/state.ts';
import { isReachedWhenDone } from '../journey/funnel.ts';
import { costOfUse } from '../../domain/discount/coupon-cost.ts';
import type { Simulated, SimulationInput } from './input.ts';
import type { Ran, World } from './world.ts';

export type CrowdView = Awaited<ReturnType<typeof crowdView>>;

const tally = (values: string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
};

const stepView = (id: string, kind: string, visits: SimulatedVisit[], enrolments: SimulatedEnrolment[]) => {
  const there = enrolments.filter((each) => each.step === id);
  const done = visits.map((visit) => visit.enrolmentId);
  return {
    step: id,
    kind,
    /** Who leaves while they wait came and went. */
    reached: new Set(isReachedWhenDone(kind) ? done : [...done, ...there.map((each) => each.id)]).size,
    outcomes: tally(visits.map((visit) => visit.outcome)),
    standing: there.filter((each) => each.state === 'active' || each.state === 'held').length,
  };
};

const couponView = ({ campaign, template, issued, redeemed, uses }: SimulatedVoucher, orderAmount: number | null, currency: string) => {
  const each = costOfUse(template, orderAmount);
  const known = each !== null && uses !== null;
  return {
    campaign,
    issued,
    redeemed,
    cost_at_most: known ? { amount: each * uses, currency } : null,
    why: known
      ? null
      : uses === null
        ? 'each can be redeemed without limit'
        : 'what it takes off depends on the order; say order_amount, the most that an order may cost',
  };
};

/** How many of a crowd came where, and what their coupons can cost at most. */
export const crowdView = async ({ sql, project, customers, clock, journey }: World, what: Simulated, input: SimulationInput, ran: Ran) => {
  const enrolments = await listSimulatedEnrolments(sql, project.id);
  const visits = Map.groupBy(await listSimulatedVisits(sql, project.id), (visit) => visit.step);
  const messages = await sql<{ state: string; reason: string | null; count: number }[]>`
    select state, reason, count(*)::int as count from delivery where project_id = ${project.id} group by 1, 2 order by 1, 2`;
  const coupons = (await countSimulatedVouchers(sql, project.id)).map((each) => couponView(each, input.orderAmount, project.currency));
  const costs = coupons.map((each) => each.cost_at_most?.amount ?? null);
  const total = costs.reduce((sum: number | null, cost) => (sum === null || cost === null ? null : sum + cost), 0);
  return {
    object: 'simulation_crowd' as const,
    journey: { key: what.definition.journey, name: journey.name, version: what.version },
    start: input.start,
    end: clock.now.toISOString(),
    customers: customers.length,
    entered: enrolments.length,
    held_out: enrolments.filter((each) => each.holdout).length,
    reached_goal: enrolments.filter((each) => each.goalAt !== null).length,
    outcomes: tally(enrolments.map((each) => each.outcome ?? each.state)),
    steps: what.definition.steps.map(({ id, do: kind }) => stepView(id, kind, visits.get(id) ?? [], enrolments)),
    messages: {
      sent: messages.filter((each) => each.state === 'accepted').reduce((sum, each) => sum + each.count, 0),
      skipped: Object.fromEntries(messages.filter((each) => each.state === 'skipped').map((each) => [each.reason ?? '', each.count])),
      waiting: messages.filter((each) => each.state === 'planned').reduce((sum, each) => sum + each.count, 0),
    },
    coupons,
    cost_at_most: total === null ? null : { amount: total, currency: project.currency },
    steps_run: ran.steps,
    stopped: ran.stopped,
  };
};
