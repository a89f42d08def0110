import { z } from 'zod';
import { change, name } from './fields.ts';
import { continuedListOf, paging, startingAfter } from './list.ts';
import { pointsBalanceSchema } from './loyalty-card.ts';
import { memberOfProgramParams, memberParams } from './loyalty.ts';

const pendingPoints = name.meta({ description: 'Id of the entry' });
export const pendingOfMemberParams = memberParams.extend({ pendingPoints });
export const pendingOfProgramParams = memberOfProgramParams.extend({ pendingPoints });

export const listPendingQuery = z.strictObject({
  limit: paging.limit,
  order: z.enum(['id', '-id']).default('-id'),
  starting_after_id: startingAfter.optional().meta({ description: 'more_starting_after of the page before' }),
});

export const adjustPendingBody = z
  .strictObject({
    points: change.meta({ description: 'How many more wait; negative for fewer, and never all of them: cancel the entry instead' }),
  })
  .meta({ id: 'PendingPointsAdjustment' });

const pendingPointsSchema = z
  .object({
    id: z.string(),
    voucher_id: z.string(),
    campaign_id: z.string(),
    customer_id: z.string(),
    order_id: z.string().nullable(),
    points: z.int(),
    activates_at: z.string().meta({ description: 'The day with whose start they are on the card, where the project is' }),
    details: z.looseObject({}),
    created_at: z.string(),
    updated_at: z.string().nullable(),
  })
  .meta({ id: 'PendingPoints' });

export const pendingPointsListSchema = continuedListOf(pendingPointsSchema).meta({ id: 'PendingPointsList' });

export const pendingBalanceSchema = pointsBalanceSchema
  .extend({
    points: z.int().meta({ description: 'How many more wait now; negative for fewer' }),
    total: z.int().meta({ description: 'All that wait on the card' }),
    balance: z.int().meta({ description: 'The same' }),
  })
  .meta({ id: 'PendingPointsBalance' });
