import { z } from 'zod';
import { createCampaignBody } from './campaign.ts';
import { someCustomer } from './customer.ts';
import { metadata, name, text } from './fields.ts';
import { continuedListOf, paging, startingAfter, timeRange } from './list.ts';
import { isRecord } from '../../domain/record.ts';

/** The body of `POST /loyalties`: that of a campaign, whose type is given. */
export const createProgramBody = z
  .preprocess((body) => (isRecord(body) ? { campaign_type: 'LOYALTY_PROGRAM', ...body } : body), createCampaignBody)
  .refine((body) => body?.campaign_type === 'LOYALTY_PROGRAM', { path: ['campaign_type'], error: 'must be LOYALTY_PROGRAM, or left out' });

export const programParams = z.object({ campaign: name.meta({ description: 'Id or name of the loyalty program' }) });
export const memberParams = z.object({ member: name.meta({ description: 'Code or id of the loyalty card' }) });
export const memberOfProgramParams = programParams.extend(memberParams.shape);

export const listProgramsQuery = z.strictObject({
  ...paging,
  order: z.enum(['created_at', '-created_at']).default('-created_at'),
  starting_after: startingAfter.optional().meta({ description: 'The id of the last program of the page before' }),
});

export const listMembersQuery = z.strictObject({
  ...paging,
  order: z.enum(['created_at', '-created_at', 'updated_at', '-updated_at']).default('-created_at'),
  starting_after: startingAfter.optional().meta({ description: 'The id of the last card of the page before' }),
  created_at: timeRange.optional(),
  updated_at: timeRange.optional(),
});

export const createMemberBody = z
  .strictObject({
    voucher: name.optional().meta({ description: 'The code of a card that nobody has; one is taken or made where it is left out' }),
    customer: someCustomer,
    channel: text().nullish(),
    source_id: name.nullish().meta({ description: 'Your name for this publication: sent again, it gives the same card again' }),
    metadata: metadata.nullish(),
  })
  .meta({ id: 'LoyaltyMemberInput' });

export const memberActivityQuery = z.strictObject({
  limit: paging.limit,
  order: z.enum(['created_at', '-created_at']).default('-created_at'),
  starting_after_id: startingAfter.optional().meta({ description: 'more_starting_after of the page before' }),
});

const entry = z.object({
  id: z.string(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
  created_at: z.string(),
  group_id: z.string(),
  object: z.literal('event'),
});

export const memberActivitySchema = continuedListOf(entry).extend({ total: z.int() }).meta({ id: 'LoyaltyMemberActivity' });

export const memberActivitiesSchema = z
  .object({ object: z.literal('list'), data_ref: z.literal('activities'), activities: z.array(entry), total: z.int() })
  .meta({ id: 'LoyaltyMemberActivities' });
