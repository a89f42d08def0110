import type { CounterRef } from '../checkout/counters.ts';
import type { ItemFacts, RedeemedFacts, RuleFacts } from './facts.ts';
import type { Logic } from './logic.ts';
import type { OperatorName } from './operators.ts';

/** A validation rule as it is written: JSON, in the shapes of the Voucherify API. */
export interface RuleDefinition {
  rules: RuleGroup;
  /** What shoppers are told where no condition says it better. */
  error: { message: string } | null;
  applicable_to: ProductScope | null;
  /** How whoever made it wrote it down; it changes nothing. */
  type?: string;
}

/** Conditions by their ids, and how they go together: `{"1": {…}, "2": {…}, "logic": "1 and 2"}`. */
export interface RuleGroup {
  logic?: string;
  [id: string]: RuleNode | string | undefined;
}

export interface RuleNode {
  name: string;
  property?: string | null;
  /** Values by operator: `{"$is": ["gold"]}`. */
  conditions?: Record<string, unknown>;
  error?: { message: string } | null;
  /** Conditions on the items that this one found. */
  rules?: RuleGroup;
}

/** Which items a discount is taken of. */
export interface ProductScope {
  included: ScopeEntry[];
  excluded: ScopeEntry[];
  included_all: boolean;
}

export interface ScopeEntry {
  object: 'product' | 'sku' | 'products_collection';
  id?: string | null;
  source_id?: string | null;
  /** Kept and told, as clients send it; it changes nothing. */
  strict?: boolean;
  effect?: ScopeEffect;
  /** How many of what it names go by before the first that it covers. */
  skip_initially?: number | null;
  /** Each so manieth from there on is covered; all where it is 1 or left out. */
  repeat?: number | null;
  /** What is counted: lines of the order, or their units. */
  target?: 'ITEM' | 'UNIT';
  /** The most units of one line, and of all lines together. 0 as no limit, in all limits. */
  quantity_limit?: number | null;
  aggregated_quantity_limit?: number | null;
  /** The most that is taken of one line, and of all lines together, in minor units. */
  amount_limit?: number | null;
  aggregated_amount_limit?: number | null;
  /** What a unit costs after a FIXED discount of items, in minor units. */
  price?: number | null;
  price_formula?: string | null;
}

export const SCOPE_EFFECTS = [
  'APPLY_TO_EVERY',
  'APPLY_TO_CHEAPEST',
  'APPLY_FROM_CHEAPEST',
  'APPLY_TO_MOST_EXPENSIVE',
  'APPLY_FROM_MOST_EXPENSIVE',
] as const;

/** Of what an entry names: all, one, or all beginning with one. */
type ScopeEffect = (typeof SCOPE_EFFECTS)[number];

/** What a condition is about: it decides which key a refusal has. */
type Subject = 'customer' | 'order' | 'redemption';

/** What a kind compares: decides which values it takes, and the field of a form. */
type ValueType = 'amount' | 'count' | 'text' | 'any' | 'flag' | 'segment' | 'product';

/** What a condition may look at: the facts and, within a nested rule, the items that the outer one found. */
export interface RuleScope {
  facts: RuleFacts;
  items: readonly ItemFacts[];
  /** The item that is looked at now; null outside of nested rules. */
  item: ItemFacts | null;
}

/** What has to be read before a rule can be decided. */
export interface RuleNeeds {
  /** Ids or names. */
  segments?: string[];
  /** True where the customer's metadata is asked for. */
  customer?: boolean;
  /** True where the catalogue's products are asked for. */
  products?: boolean;
  /** Ids of product collections. */
  collections?: string[];
}

/** One condition of a rule, ready to be decided. */
export interface Condition {
  operator: OperatorName;
  values: readonly unknown[];
}

export interface CompiledNode {
  id: string;
  kind: RuleKind;
  property: string | null;
  conditions: readonly Condition[];
  /** Of these, what picks items, and what counts those that were picked. */
  picks: readonly Condition[];
  counts: readonly Condition[];
  /** Rules on the items that this one found; null: none. */
  nested: CompiledGroup | null;
  message: string | null;
}

export interface CompiledGroup {
  logic: Logic;
  nodes: ReadonlyMap<string, CompiledNode>;
}

export interface CompiledRule {
  /** null: no condition, so that only its scope counts. */
  group: CompiledGroup | null;
  scope: ProductScope | null;
  message: string | null;
}

/** A rule that something redeemable has to satisfy, at the revision that decides. */
export interface AssignedRule extends CompiledRule {
  id: string;
  revision: number;
}

/** Whether a condition holds, and if not, the values that decided; `inner` is the nested condition that decided. */
export type Finding =
  { holds: true } | { holds: false; operator: OperatorName | null; expected: unknown; actual: unknown; inner?: Failure };

/** The condition that was not met. */
export interface Failure {
  node: CompiledNode;
  operator: OperatorName | null;
  expected: unknown;
  actual: unknown;
}

/** Holds one of the items that were found against the nested rules. @returns null where it meets them */
export type NestedRules = (item: ItemFacts, found: readonly ItemFacts[]) => Failure | null;

/** One kind of condition: a name, what it compares, and how. Each stands in a file of kinds/. */
export interface RuleKind {
  name: string;
  /** Other names that it goes by. Dots and underscores count as the same. */
  aliases?: readonly string[];
  /** What it compares, in a few words for docs and forms. */
  description: string;
  subject: Subject;
  value: ValueType;
  operators: readonly OperatorName[];
  /** True where `property` names a field of metadata. */
  property?: true;
  /** True where it looks for items and may hold rules on those that it finds. */
  nests?: true;
  /** The value that its conditions compare, where one value is all there is to it. */
  read?: (node: CompiledNode, scope: RuleScope) => unknown;
  /** Decides where `read` is not enough. */
  find?: (node: CompiledNode, scope: RuleScope, nested: NestedRules) => Finding;
  /** True where it looks at the items of an order. */
  ofItems?: true;
  /** True where it can say nothing without a customer. */
  needsCustomer?: true;
  needs?: (node: CompiledNode) => RuleNeeds;
  /** What has to be counted for it. */
  counters?: (facts: CounterFacts) => CounterRef[];
}

/** What counters are named by. */
export interface CounterFacts {
  redeemable: Pick<RedeemedFacts, 'object' | 'id' | 'campaignId'>;
  /** null: nobody is named, so that nothing is counted for each customer. */
  customerId: string | null;
  at: number;
  zone: string;
}
