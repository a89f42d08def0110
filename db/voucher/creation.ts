import { codeProblem, requireHardToGuess, type CodePattern } from '../../domain/voucher/code-pattern.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Campaign } from '../campaign/campaigns.ts';
import type { Tx } from '../client.ts';
import type { Project } from '../project/projects.ts';
import { recordVoucherEvents } from './changes.ts';
import { draftVoucher, issueVouchers, voucherColumns, voucherSource, type Voucher, type VoucherDraft } from './vouchers.ts';

export interface VoucherCreation {
  project: Pick<Project, 'id' | 'caseSensitiveCodes'>;
  now: Date;
  randomBytes: (n: number) => Uint8Array;
}

/** A pattern that is one given code. */
export const fixedCode = (code: string): CodePattern => {
  const problem = codeProblem(code);
  if (problem !== null)
    throw new DomainError('invalid_payload', 'The code cannot be used.', { fields: [{ path: 'code', message: problem }] });
  return { parts: [code], random: 0, alphabet: [], possible: 1 };
};

/**
 * Writes vouchers with codes of the pattern and tells of them.
 * @returns the vouchers in the order of the drafts
 * @throws DomainError duplicate_found, invalid_code_config
 */
export const createVouchers = async (
  tx: Tx,
  drafts: VoucherDraft[],
  pattern: CodePattern,
  { project, now, randomBytes }: VoucherCreation,
): Promise<Voucher[]> => {
  const issued = await issueVouchers(tx, project, drafts, pattern, randomBytes);
  const rows = await tx<Voucher[]>`
    select ${voucherColumns(tx)} from ${voucherSource(tx)}
    where v.project_id = ${project.id} and v.id = any(${issued.map((voucher) => voucher.id)}::text[]) order by v.id`;
  await recordVoucherEvents(tx, 'voucher.created', rows, now);
  return rows;
};

/** @throws DomainError invalid_payload, for a promotion, which is had without a code */
export const requireVouchers = ({ id, campaignType }: Pick<Campaign, 'id' | 'campaignType'>): void => {
  if (campaignType === 'PROMOTION')
    throw new DomainError('invalid_payload', 'A promotion has no vouchers.', {
      details: 'Who fulfils the rules of its tiers gets them without a code',
      resource: { id, type: 'campaign' },
    });
};

/** What a campaign gives each of its vouchers. A STATIC one's keep the dates that it has now; an AUTO_UPDATE one's follow them. */
export const draftOfCampaign = (campaign: Campaign, own: Partial<VoucherDraft> = {}): VoucherDraft => {
  requireVouchers(campaign);
  const dates = campaign.type === 'STATIC' ? { startDate: campaign.startDate, expirationDate: campaign.expirationDate } : {};
  return draftVoucher({
    projectId: campaign.projectId,
    campaignId: campaign.id,
    templateRevision: campaign.revision,
    type: campaign.template.type,
    category: campaign.category,
    quantity: campaign.template.redemption.quantity,
    giftAmount: campaign.template.gift?.amount ?? null,
    giftBalance: campaign.template.gift?.amount ?? null,
    loyaltyPoints: campaign.template.loyalty_card?.points ?? null,
    ...dates,
    ...own,
  });
};

/** Makes `count` vouchers of a campaign. @throws DomainError invalid_code_config where the pattern is too small for so many */
export const createCampaignVouchers = (
  tx: Tx,
  campaign: Campaign,
  count: number,
  own: Partial<VoucherDraft>,
  pattern: CodePattern,
  creation: VoucherCreation,
) => {
  requireHardToGuess(pattern, count);
  const drafts = Array.from({ length: count }, () => draftOfCampaign(campaign, own));
  return createVouchers(tx, drafts, pattern, creation);
};
