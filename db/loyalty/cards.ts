import { codeKey } from '../../domain/voucher/code-pattern.ts';
import type { LoyaltyCard } from '../../domain/loyalty/card.ts';
import type { VoucherTemplate } from '../../domain/voucher/template.ts';
import type { Db, Tx } from '../client.ts';
import type { Project } from '../project/projects.ts';
import { loyaltyCard, voucherSource } from '../voucher/vouchers.ts';

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
  /** Whether points waited on it, before the lock was there. */
  hasPending: boolean;
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
      exists (select from pending_points p where p.project_id = v.project_id and p.voucher_id = v.id and p.status = 'PENDING') as has_pending,
      ${loyaltyCard(tx)}
    from ${voucherSource(tx)} where v.project_id = ${projectId} and ${which} and v.loyalty_points is not null
    order by v.code_key for no key update of v`;
};

/** Whose card of which campaign. */
export interface CardOf {
  campaignId: string;
  customerId: string;
}

/** Customers' cards of campaigns of loyalty or gift cards, the first that they got of each: their ids, in the order asked; null where one has none. */
export const findCardsOf = async (db: Db, projectId: string, members: readonly CardOf[]): Promise<(string | null)[]> => {
  const rows = await db<{ id: string | null }[]>`
    select (
      select v.id from voucher v where v.project_id = ${projectId} and v.campaign_id = m.campaign_id and v.holder_id = m.customer_id
      order by v.id limit 1) as id
    from unnest(${members.map((each) => each.campaignId)}::text[], ${members.map((each) => each.customerId)}::text[])
      with ordinality as m (campaign_id, customer_id, nr) order by m.nr`;
  return rows.map(({ id }) => id);
};

/** The same of one. */
export const findCardOf = async (db: Db, projectId: string, member: CardOf): Promise<string | null> =>
  (await findCardsOf(db, projectId, [member]))[0]!;

/** Which of these customers have a card of a program. */
export const findHolders = async (db: Db, projectId: string, campaignId: string, customerIds: readonly string[]): Promise<Set<string>> => {
  const rows = await db<{ holderId: string }[]>`
    select distinct holder_id from voucher
    where project_id = ${projectId} and campaign_id = ${campaignId} and holder_id = any(${customerIds as string[]}::text[])`;
  return new Set(rows.map((row) => row.holderId));
};

/** A card that a customer has of a program, and that points can come to. */
export interface MemberCard extends CardOf {
  id: string;
  codeKey: string;
}

/** The cards of customers in programs: active ones, the oldest first. */
export const findMemberCards = (db: Db, projectId: string, members: readonly CardOf[]) => db<MemberCard[]>`
  select id, code_key, campaign_id, holder_id as customer_id from voucher
  where project_id = ${projectId} and loyalty_points is not null and active and withdrawn_at is null and (holder_id, campaign_id) in (
    select * from unnest(${members.map((each) => each.customerId)}::text[], ${members.map((each) => each.campaignId)}::text[])) order by id`;
