import { countedByPeriod } from '../counting.ts';

export const campaignRedemptionsCount = countedByPeriod({
  name: 'campaign.redemptions.count',
  description: 'How often codes of the campaign are redeemed',
  value: 'count',
  of: 'campaign',
  measure: 'count',
});
