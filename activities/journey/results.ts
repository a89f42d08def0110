import type { Sql } from '../../db/client.ts';
import {
  countCoupons,
  countDeliveries,
  countReached,
  countStandings,
  countSteps,
  countVariants,
  sumDiscounts,
  sumRevenue,
  type ResultsOf,
  type Standing,
  type VariantCount,
} from '../../db/journey/results.ts';
import type { Journey } from '../../db/journey/journeys.ts';
import type { Project } from '../../db/project/projects.ts';
import type { JourneyDefinition } from '../../domain/journey/definition.ts';
import { neededInSecond, newcombe, wilson, type Interval } from '../../domain/discount/proportions.ts';
import { funnelOf } from './funnel.ts';

const METHOD = 'Newcombe’s hybrid score interval for a difference of proportions (1998, method 10), from Wilson’s intervals; 95 %';
/** Below so many conversions, or others, in a group the figures say little. */
const FEW = 10;

/** A group of customers, and how many of them reached the goal within its window. */
interface Arm {
  customers: number;
  conversions: number;
  rate: number | null;
  /** Wilson's, 95 %. */
  interval: Interval;
}

const armOf = (customers: number, conversions: number): Arm => ({
  customers,
  conversions,
  rate: customers === 0 ? null : conversions / customers,
  interval: wilson(conversions, customers),
});

const sum = <T>(rows: T[], value: (row: T) => number): number => rows.reduce((total, row) => total + value(row), 0);

const tally = (rows: { name: string; count: number }[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { name, count } of rows) counts[name] = (counts[name] ?? 0) + count;
  return counts;
};

/** How much more often the goal is reached with the journey than without. */
const liftOf = (treated: Arm, holdout: Arm) => {
  if (treated.rate === null || holdout.rate === null) return null;
  const interval = newcombe(treated.conversions, treated.customers, holdout.conversions, holdout.customers);
  const needed = neededInSecond(treated.rate, holdout.rate, treated.customers / holdout.customers);
  return {
    /** In points: 0.02 is two more of a hundred. */
    difference: treated.rate - holdout.rate,
    interval,
    confidence: 0.95,
    method: METHOD,
    /** In parts of the holdout's rate; null where that is 0. */
    relative: holdout.rate === 0 ? null : treated.rate / holdout.rate - 1,
    significant: interval[0] > 0 || interval[1] < 0,
    needed_in_holdout: needed,
    enough: needed !== null && holdout.customers >= needed,
  };
};

const warningsOf = (definition: JourneyDefinition, treated: Arm, holdout: Arm | null, open: number): string[] => {
  const { goal } = definition;
  if (goal === undefined) return ['The journey has no goal, so nothing counts as a conversion.'];
  const warnings: string[] = [];
  if (holdout === null) warnings.push('There is no holdout, so nobody knows who would have come anyway.');
  else {
    if (/\bcoupons?\b/.test(goal.match ?? ''))
      warnings.push(
        'The goal asks for a coupon, which those who are held out never get: choose a goal that they can reach, such as an order, to see the lift.',
      );
    for (const [name, arm] of [['journey', treated] as const, ['holdout', holdout] as const]) {
      const fewest = Math.min(arm.conversions, arm.customers - arm.conversions);
      if (fewest < FEW)
        warnings.push(
          `In the ${name} group only ${fewest} ${arm.conversions === fewest ? 'reached' : 'did not reach'} the goal: too few to say much.`,
        );
    }
    const lift = liftOf(treated, holdout);
    if (lift !== null && lift.needed_in_holdout !== null && !lift.enough)
      warnings.push(
        `To be found 80 times of 100, a difference such as this needs ${lift.needed_in_holdout} held out; there are ${holdout.customers}.`,
      );
  }
  if (open > 0) warnings.push(`For ${open} the goal’s window is still open: these figures will change.`);
  return warnings;
};

const splitsOf = (definition: JourneyDefinition, rows: VariantCount[]) =>
  [...Map.groupBy(rows, (row) => row.split)].map(([split, variants]) => {
    const step = definition.steps.find((each) => each.id === split);
    const fields = (step?.fields ?? {}) as { salt?: string; variants?: { id: string; percent: number }[] };
    return {
      step: split,
      /** What their bucket is computed with: docs/results.md. */
      salt: fields.salt ?? `${definition.journey}.${split}`,
      variants: variants.map(({ variant, holdout, customers, converted }) => ({
        variant,
        percent: fields.variants?.find((each) => each.id === variant)?.percent ?? null,
        holdout,
        ...armOf(customers, converted),
      })),
    };
  });

const armIn = (standings: Standing[], holdout: boolean): Arm => {
  const rows = standings.filter((each) => each.holdout === holdout);
  return armOf(
    sum(rows, (each) => each.customers),
    sum(rows, (each) => each.converted),
  );
};

export interface ResultsAsked extends Omit<ResultsOf, 'projectId' | 'journeyId'> {
  project: Project;
  journey: Journey;
  /** The version whose steps order the funnel, and whose goal is told. */
  definition: JourneyDefinition;
}

/** What a journey did: who came where, who reached the goal, what it brought and cost, and what it changed. */
export const journeyResults = async (sql: Sql, { project, journey, definition, ...range }: ResultsAsked) => {
  const of: ResultsOf = { projectId: project.id, journeyId: journey.id, ...range };
  const [standings, steps, reached, variants, revenue, coupons, discounts, deliveries] = await Promise.all([
    countStandings(sql, of),
    countSteps(sql, of),
    countReached(sql, of),
    countVariants(sql, of),
    sumRevenue(sql, of, project.currency),
    countCoupons(sql, of),
    sumDiscounts(sql, of, project.currency),
    countDeliveries(sql, of),
  ]);
  const treated = armIn(standings, false);
  const heldOut = armIn(standings, true);
  const holdout = heldOut.customers === 0 ? null : heldOut;
  const inside = (state: string): number =>
    sum(
      standings.filter((each) => each.state === state),
      (each) => each.customers,
    );
  return {
    object: 'journey_results' as const,
    journey: { id: journey.id, key: journey.key, name: journey.name, version: range.version ?? null },
    from: range.from?.toISOString() ?? null,
    to: range.to?.toISOString() ?? null,
    entered: sum(standings, (each) => each.customers),
    inside: { active: inside('active'), held: inside('held') },
    outcomes: tally(standings.flatMap((each) => (each.outcome === null ? [] : [{ name: each.outcome, count: each.customers }]))),
    goal:
      definition.goal === undefined
        ? null
        : { event: definition.goal.event, match: definition.goal.match ?? null, window: definition.goal.window ?? null },
    groups: { journey: treated, holdout },
    lift: holdout === null ? null : liftOf(treated, holdout),
    funnel: funnelOf(definition, steps, reached, standings),
    splits: splitsOf(definition, variants),
    revenue: [...Map.groupBy(revenue, (row) => row.currency)].map(([currency, rows]) => ({
      currency,
      journey: sum(
        rows.filter((row) => !row.holdout),
        (row) => row.amount,
      ),
      holdout: sum(
        rows.filter((row) => row.holdout),
        (row) => row.amount,
      ),
      orders: sum(rows, (row) => row.orders),
    })),
    discounts: discounts.map(({ currency, amount, redemptions }) => ({ currency, amount, redemptions })),
    coupons: coupons.map(({ campaign, issued, redeemed }) => ({ campaign, issued, redeemed })),
    messages: tally(deliveries.map(({ state, count }) => ({ name: state, count }))),
    warnings: warningsOf(
      definition,
      treated,
      holdout,
      sum(standings, (each) => each.open),
    ),
  };
};
