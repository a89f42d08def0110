import { counted } from '../counting.ts';

export const campaignGiftCredits = counted({
  name: 'campaign.gift_credits',
  aliases: ['campaign.gift_credits_redeemed', 'campaign.gift_credits_applied'],
  description: 'What is spent of all gift cards of the campaign together',
  value: 'amount',
  of: 'campaign',
  measure: 'gift_credits',
});
