import { z } from 'zod';
import { count, startingAfter } from './list.ts';

/** An entry of the account of a gift or loyalty card. @param balance what it made of the card */
export const cardTransaction = <T extends z.ZodType, B extends z.ZodType>(type: T, balance: B) =>
  z.object({
    id: z.string(),
    source_id: z.string().nullable(),
    voucher_id: z.string(),
    campaign_id: z.string().nullable(),
    type,
    source: z.string().nullable(),
    reason: z.string().nullable(),
    related_transaction_id: z.string().nullable(),
    created_at: z.string(),
    details: z.looseObject({ balance }),
  });

export const transactionsQuery = z.strictObject({
  limit: count(100).default(10),
  page: count(1000).default(1).meta({ description: 'Which page; deep ones cost more than starting_after_id' }),
  order: z.enum(['id', '-id']).default('-id'),
  starting_after_id: startingAfter.optional().meta({ description: 'The id of the last transaction of the page before' }),
});
