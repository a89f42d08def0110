import { z } from 'zod';
import { GIFT_EFFECTS } from '../../domain/voucher/gift.ts';
import { cardTransaction } from './card-transaction.ts';
import { amount, change, text } from './fields.ts';
import { continuedListOf } from './list.ts';

const effect = z.enum(GIFT_EFFECTS).default('APPLY_TO_ORDER');

/** What a gift card is made with. */
export const giftBody = z
  .strictObject({
    amount,
    balance: amount.optional().meta({ description: 'What is left of it at first; all of it where it is left out' }),
    effect,
  })
  .refine((gift) => gift.balance === undefined || gift.balance <= gift.amount, {
    path: ['balance'],
    error: 'must not be more than amount',
  })
  .meta({ id: 'GiftInput' });

/** What each gift card of a campaign is made with. */
export const campaignGiftBody = z.strictObject({ amount, effect }).meta({ id: 'CampaignGift' });

export const giftSchema = z.object({ amount: z.int(), balance: z.int(), effect: z.enum(GIFT_EFFECTS) }).meta({ id: 'Gift' });

export const balanceBody = z
  .strictObject({
    amount: change.meta({ description: 'What to add, in minor units; negative to take away' }),
    source_id: text().min(1).nullish().meta({ description: 'What you call this transaction' }),
    reason: text().nullish(),
  })
  .meta({ id: 'BalanceChange' });

export const balanceSchema = z
  .object({
    amount: z.int(),
    total: z.int().meta({ description: 'All that the card was worth' }),
    balance: z.int().meta({ description: 'What is left of it' }),
    type: z.literal('gift_voucher'),
    object: z.literal('balance'),
    operation_type: z.literal('MANUAL'),
    related_object: z.object({ type: z.literal('voucher'), id: z.string() }),
  })
  .meta({ id: 'Balance' });

const transactionSchema = cardTransaction(
  z.enum(['CREDITS_REDEMPTION', 'CREDITS_REFUND', 'CREDITS_ADDITION', 'CREDITS_REMOVAL']),
  z.looseObject({ total: z.int(), amount: z.int(), balance: z.int() }),
).meta({ id: 'GiftTransaction' });

export const transactionsSchema = continuedListOf(transactionSchema).meta({ id: 'GiftTransactions' });
