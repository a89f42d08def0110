import { countedByPeriod } from '../counting.ts';

export const campaignRedemptionsCountPerCustomer = countedByPeriod({
  name: 'campaign.redemptions.count.per_customer',
  aliases: ['redemption.count.per_customer_in_campaign'],
  description: 'How often the customer redeems codes of the campaign',
  value: 'count',
  of: 'campaign',
  perCustomer: true,
  measure: 'count',
});
