import type { CheckoutCustomer } from '../../db/checkout/checkout.ts';
import type { Redemption } from '../../db/checkout/redemptions.ts';
import { redeemedPoints } from '../../domain/loyalty/card.ts';
import { discountView } from '../checkout/view.ts';
import type { KnownVoucher } from '../checkout/voucher-states.ts';

/** The voucher of a redemption, with its counter after it. */
export const redeemedVoucherView = (voucher: KnownVoucher) => ({
  id: voucher.id,
  code: voucher.code,
  campaign: voucher.campaign?.name ?? null,
  campaign_id: voucher.campaign?.id ?? null,
  category: voucher.category,
  type: voucher.type,
  discount: voucher.gift || voucher.card ? undefined : discountView(voucher.discount),
  gift: voucher.gift ? { ...voucher.gift } : undefined,
  loyalty_card: voucher.card ? { points: voucher.card.points, balance: voucher.card.balance } : undefined,
  start_date: voucher.startsAt === null ? null : new Date(voucher.startsAt).toISOString(),
  expiration_date: voucher.endsAt === null ? null : new Date(voucher.endsAt).toISOString(),
  active: voucher.active,
  metadata: voucher.metadata,
  is_referral_code: voucher.isReferralCode === true,
  holder_id: voucher.holderId,
  created_at: new Date(voucher.createdAt).toISOString(),
  redemption: {
    object: 'list',
    quantity: voucher.quantity,
    redeemed_quantity: voucher.redeemed,
    redeemed_points: voucher.card ? redeemedPoints(voucher.card) : undefined,
    url: `/v1/vouchers/${encodeURIComponent(voucher.code)}/redemption`,
  },
  validation_rules_assignments: { object: 'list', data_ref: 'data', data: [], total: 0 },
  object: 'voucher',
});

export const redeemerView = (customer: CheckoutCustomer) => ({ id: customer.id, source_id: customer.sourceId, object: 'customer' });

/** What a row of the ledger is of; the parent of a stack is of itself. */
export const relatedOf = ({ id, voucherId, code, promotionTierId }: Pick<Redemption, 'id' | 'voucherId' | 'code' | 'promotionTierId'>) => {
  if (promotionTierId !== null) return { related_object_type: 'promotion_tier' as const, related_object_id: promotionTierId };
  return {
    related_object_type: voucherId === null && code === null ? ('redemption' as const) : ('voucher' as const),
    related_object_id: voucherId ?? id,
  };
};

/** The tier of a row of the ledger, as far as the ledger knows it. */
export const redeemedTierView = ({ promotionTierId: id, promotionTier: name, campaignId }: Redemption) =>
  id === null ? undefined : { id, name, campaign: { id: campaignId, object: 'campaign' }, object: 'promotion_tier' };

/** A row of the ledger, as lists and look-ups show it. */
export const redemptionView = (row: Redemption) => ({
  id: row.id,
  object: row.object,
  date: row.createdAt.toISOString(),
  customer_id: row.customerId,
  tracking_id: row.trackingId,
  metadata: row.metadata,
  amount: row.points ?? row.amount,
  gift: row.credits === null ? undefined : { amount: row.credits },
  loyalty_card: row.points === null ? undefined : { points: row.points },
  reward: row.reward ? { ...row.reward, taken_back: row.takenBack ?? undefined } : undefined,
  redemption: row.rollbackOf ?? row.parentId ?? undefined,
  reason: row.reason ?? undefined,
  result: row.result,
  status: row.result === 'SUCCESS' ? 'SUCCEEDED' : 'FAILED',
  failure_code: row.failureCode ?? undefined,
  failure_message: row.failureMessage ?? undefined,
  order: row.order && { ...row.order, related_object_id: row.id, related_object_type: 'redemption' },
  customer: row.customerId === null ? null : { id: row.customerId, source_id: row.customerSourceId, object: 'customer' },
  ...relatedOf(row),
  promotion_tier: redeemedTierView(row),
  voucher:
    row.code === null
      ? null
      : { id: row.voucherId, code: row.code, campaign: row.campaign, campaign_id: row.campaignId, object: 'voucher' },
});
