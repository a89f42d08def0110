import { counted } from '../counting.ts';

export const campaignOrdersAmount = counted({
  name: 'campaign.orders_amount',
  description: 'What the orders cost together that codes of the campaign are redeemed for',
  value: 'amount',
  of: 'campaign',
  measure: 'orders_amount',
});
