import type { AssignedRule, CompiledGroup, RuleNeeds } from './rule.ts';

/** What has to be read before these rules can be decided, taken together. */
export const needsOf = (rules: Iterable<AssignedRule>): Required<RuleNeeds> => {
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
    for (const { object, id } of scope ? [...scope.included, ...scope.excluded] : []) {
      products = true;
      if (object === 'products_collection' && id) collections.add(id);
    }
  }
  return { segments: [...segments], collections: [...collections], customer, products };
};
