import { counterAt, type CounterRef } from '../checkout/counters.ts';
import { UPPER_BOUNDS } from './operators.ts';
import type { AssignedRule, CompiledGroup, CounterFacts, RuleKind } from './rule.ts';

interface Counted extends Pick<RuleKind, 'name' | 'aliases' | 'description' | 'value'> {
  of: 'redeemable' | 'campaign';
  perCustomer?: true;
  period?: CounterRef['period'];
  measure: CounterRef['measure'];
}

const refOf = ({ of, perCustomer, period = null, measure }: Counted, facts: CounterFacts): CounterRef | null => {
  const { redeemable, customerId, at, zone } = facts;
  const id = of === 'campaign' ? redeemable.campaignId : redeemable.id;
  if (id === null || (perCustomer && customerId === null)) return null;
  const scope = of === 'campaign' ? 'campaign' : redeemable.object;
  return counterAt({ scope, of: id, customerId: perCustomer ? customerId : null, period, measure }, at, zone);
};

/** A kind that bounds what was counted, with the redemption that is decided counted in: `$less_than_or_equal 1` lets it happen once. */
export const counted = (what: Counted): RuleKind => ({
  name: what.name,
  ...(what.aliases && { aliases: what.aliases }),
  description: what.description,
  subject: 'redemption',
  value: what.value,
  operators: UPPER_BOUNDS,
  ...(what.perCustomer && { needsCustomer: true }),
  read: (_node, { facts }) => {
    const ref = refOf(what, { ...facts, customerId: facts.customer?.id ?? null });
    return (ref ? facts.counter(ref) : 0) + (what.measure === 'count' ? 1 : facts.share()[what.measure]);
  },
  counters: (facts) => {
    const ref = refOf(what, facts);
    return ref ? [ref] : [];
  },
});

/** A kind for all time, and one for each day, week and month. */
export const countedByPeriod = (what: Omit<Counted, 'period'>): RuleKind[] => [
  counted(what),
  ...(['day', 'week', 'month'] as const).map((period) => {
    const suffix = { day: 'daily', week: 'weekly', month: 'monthly' }[period];
    const aliases = what.aliases?.map((alias) => `${alias}.${suffix}`);
    return counted({ ...what, name: `${what.name}.${suffix}`, aliases, description: `${what.description}, each local ${period}`, period });
  }),
];

/** Every counter that these rules ask for. */
export const countersOfRules = (rules: readonly AssignedRule[], facts: CounterFacts): CounterRef[] =>
  rules.flatMap(({ group }) => (group ? countersIn(group, facts) : []));

const countersIn = (group: CompiledGroup, facts: CounterFacts): CounterRef[] =>
  [...group.nodes.values()].flatMap(({ kind, nested }) => [
    ...(kind.counters?.(facts) ?? []),
    ...(nested ? countersIn(nested, facts) : []),
  ]);
