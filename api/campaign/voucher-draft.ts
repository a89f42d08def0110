import type { z } from 'zod';
import { draftVoucher, type VoucherDraft } from '../../db/voucher/vouchers.ts';
import type { VoucherTemplate } from '../../domain/voucher/template.ts';
import type { createVoucherBody } from '../schemas/voucher.ts';
import { windowOf } from './validity.ts';

/** The voucher of its own that a body describes, without its code. */
export const draftOfBody = (projectId: string, body: z.output<typeof createVoucherBody>): VoucherDraft => {
  const template: VoucherTemplate = {
    type: body.type,
    ...(body.discount && { discount: body.discount }),
    ...(body.gift && { gift: { amount: body.gift.amount, effect: body.gift.effect } }),
    ...(body.loyalty_card && { loyalty_card: body.loyalty_card }),
    redemption: { quantity: body.redemption?.quantity ?? null },
    ...(body.limits && { limits: body.limits }),
    ...(body.code_config && { code_config: body.code_config }),
    ...(body.on_refund !== undefined && { on_refund: body.on_refund }),
    ...windowOf(body),
    ...(body.activity_duration_after_publishing != null && { activity_duration_after_publishing: body.activity_duration_after_publishing }),
  };
  return draftVoucher({
    projectId,
    type: body.type,
    definition: template,
    category: body.category ?? null,
    startDate: body.start_date ?? null,
    expirationDate: body.expiration_date ?? null,
    active: body.active ?? true,
    quantity: template.redemption.quantity,
    giftAmount: body.gift?.amount ?? null,
    giftBalance: body.gift?.balance ?? body.gift?.amount ?? null,
    loyaltyPoints: body.loyalty_card?.points ?? null,
    additionalInfo: body.additional_info ?? null,
    metadata: body.metadata ?? {},
  });
};
