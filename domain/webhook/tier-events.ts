import { z } from 'zod';
import type { WebhookEventType } from './event-type.ts';

const SILVER = { id: 'ltr_0192f3a8', name: 'Silver', campaign_id: 'camp_0192f3a8', points: { from: 100, to: 499 }, object: 'loyalty_tier' };
const GOLD = { ...SILVER, id: 'ltr_0192f3a9', name: 'Gold', points: { from: 500 } };

const tier = z.looseObject({ id: z.string(), name: z.string() });

const moved = (move: string, description: string, told: { loyalty_tier: object } & Record<string, unknown>): WebhookEventType => ({
  type: `customer.loyalty.tier.${move}`,
  description,
  data: z.looseObject({
    customer: z.looseObject({ id: z.string() }),
    campaign: z.looseObject({ id: z.string(), name: z.string() }),
    loyalty_tier: tier.nullable(),
    loyalty_tier_from: tier.nullish(),
    loyalty_tier_to: tier.nullish(),
    expiration_date: z.string().nullish(),
  }),
  example: {
    customer: { id: 'cust_0192f3a8', object: 'customer' },
    campaign: { id: 'camp_0192f3a8', name: 'Gold club', object: 'campaign' },
    ...told,
  },
});

const kept = (did: string, description: string): WebhookEventType => ({
  type: `campaign.loyalty_tier.${did}`,
  description,
  data: z.looseObject({ loyalty_tier: tier }),
  example: { loyalty_tier: SILVER },
});

/** What happens to the tiers of loyalty programs, and to members on them. */
export const tierEventTypes: WebhookEventType[] = [
  moved('joined', 'A customer came to a tier of a loyalty program and was on none', { loyalty_tier: SILVER, expiration_date: null }),
  moved('upgraded', 'A customer came to a higher tier', {
    loyalty_tier: GOLD,
    loyalty_tier_from: SILVER,
    loyalty_tier_to: GOLD,
    expiration_date: null,
  }),
  moved('downgraded', 'A customer fell to a lower tier', {
    loyalty_tier: SILVER,
    loyalty_tier_from: GOLD,
    loyalty_tier_to: SILVER,
    expiration_date: null,
  }),
  moved('prolonged', 'A customer is on their tier for longer', { loyalty_tier: SILVER, expiration_date: '2026-07-01T00:00:00.000Z' }),
  moved('left', 'A customer is on no tier of a loyalty program any more', { loyalty_tier: SILVER }),
  kept('created', 'A loyalty program got a tier'),
  kept('updated', 'A tier of a loyalty program was changed'),
  kept('deleted', 'A tier of a loyalty program was deleted'),
];
