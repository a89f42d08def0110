import { formulaNeeds } from '../formula/formula.ts';
import type { AssignedRule, CompiledGroup, RuleNeeds } from './rule.ts';

/** What has to be read before these rules can be decided and these formulas worked out, taken together. */
export const needsOf = (rules: Iterable<AssignedRule>, formulas: readonly string[] = []): Required<RuleNeeds> => {
  const segments = new Set<string>();
  const collections = new Set<string>();
  let customer = false;
  let products = false;

  const visit = (group: CompiledGroup): void => {
    for (const node of group.nodes.values()) {
      const needs = node.kind.needs?.(node);
      for (const segment of needs?.segments ?? []) segments.add(segment);
      for (const collection of needs?.collections ?? []) collections.add(collection);
      customer ||= needs?.customer ?? false;
      products ||= needs?.products ?? false;
      if (node.nested) visit(node.nested);
    }
  };
  for (const { group, scope } of rules) {
    if (group) visit(group);
    for (const { object, id, price_formula: formula } of scope ? [...scope.included, ...scope.excluded] : []) {
      products = true;
      customer ||= Boolean(formula) && formulaNeeds(formula!).customer;
      if (object === 'products_collection' && id) collections.add(id);
    }
  }
  for (const needs of formulas.map(formulaNeeds)) {
    customer ||= needs.customer;
    products ||= needs.products;
  }
  return { segments: [...segments], collections: [...collections], customer, products };
};
