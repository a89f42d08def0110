import { z } from 'zod';
import { listOf, paging, timeRange } from './list.ts';

export const clientCustomerSchema = z
  .looseObject({ id: z.string(), source_id: z.string(), object: z.literal('customer') })
  .meta({ id: 'ClientCustomer' });

export const listClientVouchersQuery = z.strictObject({
  ...paging,
  campaign: z.string().max(255).optional().meta({ description: 'Id or name' }),
  category: z.string().max(255).optional(),
  customer: z.string().max(255).optional().meta({ description: 'Id or source id of the holder' }),
  created_at: timeRange.optional(),
  updated_at: timeRange.optional(),
});

const clientVoucher = z.object({
  code: z.string(),
  active: z.boolean(),
  metadata: z.record(z.string(), z.unknown()),
  start_date: z.string().nullable(),
  expiration_date: z.string().nullable(),
  created_at: z.string(),
  object: z.literal('voucher'),
});

export const clientVoucherListSchema = listOf('vouchers', clientVoucher).meta({ id: 'ClientVoucherList' });
