import { codeKey } from '../domain/code-pattern.ts';
import type { LoyaltyCard } from '../domain/loyalty-card.ts';
import type { VoucherTemplate } from '../domain/voucher-template.ts';
import type { Db, Tx } from './client.ts';
import type { Project } from './projects.ts';
import { loyaltyCard, voucherSource } from './vouchers.ts';

/** A loyalty card as it is locked. */
export interface CardRow {
  id: string;
  code: string;
  codeKey: string;
  active: boolean;
  campaignId: string | null;
  campaign: string | null;
  campaignType: string | null;
  template: VoucherTemplate;
  holderId: string | null;
  /** The holder's test clock. */
  clockOffsetMs: number;
  loyaltyCard: LoyaltyCard;
}

/** Locks loyalty cards for a change, in the order of their codes. What is no loyalty card is missing. */
export const lockCards = (
  tx: Tx,
  { id: projectId, caseSensitiveCodes }: Pick<Project, 'id' | 'caseSensitiveCodes'>,
  of: { codes: readonly string[] } | { ids: readonly string[] },
): Promise<CardRow[]> => {
  const which =
    'ids' in of
      ? tx`v.id = any(${of.ids as string[]}::text[])`
      : tx`v.code_key = any(${of.codes.map((code) => codeKey(code, caseSensitiveCodes))}::text[])`;
  return tx<CardRow[]>`
    select v.id, v.code, v.code_key, v.active, v.campaign_id, c.name as campaign, c.campaign_type, coalesce(v.definition, t.template) as template,
      v.holder_id, coalesce((select h.clock_offset_ms from customer h where h.project_id = v.project_id and h.id = v.holder_id), 0) as clock_offset_ms,
      ${loyaltyCard(tx)}
    from ${voucherSource(tx)} where v.project_id = ${projectId} and ${which} and v.loyalty_points is not null
    order by v.code_key for no key update of v`;
};

/** A customer's card of a campaign of loyalty or gift cards, the first that they got: its id. */
export const findCardOf = async (
  db: Db,
  projectId: string,
  { campaignId, customerId }: { campaignId: string; customerId: string },
): Promise<string | null> => {
  const [row] = await db<{ id: string }[]>`
    select id from voucher where project_id = ${projectId} and campaign_id = ${campaignId} and holder_id = ${customerId} order by id limit 1`;
  return row?.id ?? null;
};
