import type { CheckoutCustomer } from '../../db/checkout/checkout.ts';
import type { Applied } from '../../domain/checkout/checkout.ts';
import { applicableView } from '../checkout/applicable-view.ts';
import { discountView } from '../checkout/view.ts';
import { redeemedVoucherView } from './view.ts';
import type { KnownTier } from '../checkout/promotions.ts';
import type { KnownVoucher } from '../checkout/voucher-states.ts';

const tierView = (tier: KnownTier) => ({
  id: tier.id,
  object: 'promotion_tier',
  name: tier.name,
  banner: tier.banner,
  campaign: { id: tier.campaign.id, name: tier.campaign.name, active: tier.campaign.active, object: 'campaign' },
  campaign_id: tier.campaign.id,
  action: { discount: discountView(tier.discount) },
  hierarchy: tier.hierarchy,
  active: tier.active,
  metadata: tier.metadata,
});

/** How the ledger, events and answers name what was redeemed. */
export const redeemedOf = ({ redeemable, scope }: Pick<Applied, 'redeemable' | 'scope'>, customer: CheckoutCustomer | undefined) => {
  const campaignId = redeemable.campaign?.id ?? null;
  const applicable = applicableView(scope);
  const related = { related_object_type: redeemable.object, related_object_id: redeemable.id };
  if (redeemable.object === 'voucher') {
    const { id, code, holderId } = redeemable;
    return {
      owner: customer?.id ?? holderId,
      row: { voucherId: id, code, promotionTierId: null, campaignId },
      event: { voucher_id: id, code, campaign_id: campaignId, campaign: redeemable.campaign?.name ?? null },
      view: { ...related, voucher: { ...redeemedVoucherView(redeemable as KnownVoucher), ...applicable }, promotion_tier: undefined },
    };
  }
  const { id, campaign } = redeemable;
  return {
    owner: customer?.id ?? null,
    row: { voucherId: null, code: null, promotionTierId: id, campaignId },
    event: { voucher_id: null, code: null, promotion_tier_id: id, campaign_id: campaignId, campaign: campaign.name },
    view: { ...related, voucher: undefined, promotion_tier: { ...tierView(redeemable as KnownTier), ...applicable } },
  };
};
