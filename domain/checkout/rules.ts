import type { Candidate } from './checks.ts';
import { counterOf, shareOf } from './counted.ts';
import { stepOf } from './redeemable-discount.ts';
import { refusalOfRules } from '../validation-rules/evaluate.ts';
import type { RuleFacts } from '../validation-rules/facts.ts';
import type { Refusal } from '../voucher/refusal.ts';

/** What a redeemable's rules are held against, at its turn. */
export const factsOf = (candidate: Candidate): RuleFacts => {
  const { redeemable, by, cart, checkout } = candidate;
  const { customer, items, orderMetadata, metadata, apiKeyName } = checkout.facts;
  return {
    redeemable: {
      object: redeemable.object,
      id: redeemable.id,
      campaignId: redeemable.campaign?.id ?? null,
      holderId: redeemable.object === 'voucher' ? redeemable.holderId : null,
    },
    customer,
    order: orderMetadata && { initialAmount: cart?.amount ?? null, totalAmount: cart?.left ?? null, items, metadata: orderMetadata },
    metadata,
    apiKeyName,
    at: by.at,
    zone: by.zone,
    counter: counterOf(candidate),
    share: () => shareOf(candidate, stepOf(candidate)),
  };
};

/** Whether all of its validation rules hold. @returns null where they do */
export const refusalOfAssignedRules = (candidate: Candidate): Refusal | null =>
  candidate.rulesHold || candidate.redeemable.rules.length === 0 ? null : refusalOfRules(candidate.redeemable.rules, factsOf(candidate));
