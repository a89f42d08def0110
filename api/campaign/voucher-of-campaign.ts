import type { z } from 'zod';
import type { VoucherDraft } from '../../db/voucher/vouchers.ts';
import type { campaignVoucherWithCodeBody } from '../schemas/voucher.ts';

/** Fields that a voucher of a campaign has of its own; what is left out is the campaign's. */
export const ownOf = (body: z.output<typeof campaignVoucherWithCodeBody>): Partial<VoucherDraft> => ({
  ...(body.category != null && { category: body.category }),
  ...(body.active !== undefined && { active: body.active }),
  ...(body.redemption?.quantity !== undefined && { quantity: body.redemption.quantity }),
  ...(body.additional_info != null && { additionalInfo: body.additional_info }),
  ...(body.metadata != null && { metadata: body.metadata }),
});
