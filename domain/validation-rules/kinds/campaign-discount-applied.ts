import { counted } from '../counting.ts';

export const campaignDiscountApplied = counted({
  name: 'campaign.discount_applied',
  description: 'What the campaign takes off, of all orders together',
  value: 'amount',
  of: 'campaign',
  measure: 'amount',
});
