import type { RuleKind } from '../rule.ts';

export const publicationRedeemableByLinkedCustomer: RuleKind = {
  name: 'publication.redeemable_by_linked_customer',
  description: 'Only the customer redeems it to whom it was published',
  subject: 'customer',
  value: 'flag',
  operators: ['$is'],
  needsCustomer: true,
  read: (_node, { facts: { redeemable, customer } }) => redeemable.holderId !== null && redeemable.holderId === customer?.id,
};
