import type { Publication } from '../../db/voucher/publications.ts';
import { voucherView } from '../../db/voucher/changes.ts';
import type { Voucher } from '../../db/voucher/vouchers.ts';
import type { Customer } from '../../domain/customer.ts';

const common = (publication: Publication) => ({
  id: publication.id,
  object: 'publication' as const,
  created_at: publication.createdAt.toISOString(),
  source_id: publication.sourceId,
  customer_id: publication.customerId,
  customer: { id: publication.customerId, source_id: publication.customerSourceId, object: 'customer' as const },
  tracking_id: publication.customerSourceId,
  channel: publication.channel,
  metadata: publication.metadata,
  result: publication.result,
  failure_code: publication.failureCode ?? undefined,
  failure_message: publication.failureMessage ?? undefined,
});

/** A publication, as lists and events show it: its codes by name. */
export const publicationView = (publication: Publication) => {
  const { campaign, campaignId, codes, voucherIds } = publication;
  const of = { campaign, campaign_id: campaignId };
  return {
    ...common(publication),
    ...of,
    voucher: codes.length === 1 ? { id: voucherIds[0], code: codes[0], ...of, object: 'voucher' as const } : undefined,
    vouchers: codes.length > 1 ? codes : undefined,
    vouchers_id: voucherIds,
  };
};

/** The answer to who publishes: its vouchers as they are now. @param known what is known of the customer; null where a browser asks */
export const publishedView = (
  publication: Publication,
  vouchers: Voucher[],
  known: Pick<Customer, 'name' | 'email' | 'metadata'> | null,
) => ({
  ...common(publication),
  customer: { ...common(publication).customer, ...(known && { name: known.name, email: known.email, metadata: known.metadata }) },
  voucher: vouchers.length === 1 ? voucherView(vouchers[0]!) : undefined,
  vouchers: vouchers.length === 1 ? undefined : vouchers.map(voucherView),
  vouchers_id: publication.voucherIds,
});
