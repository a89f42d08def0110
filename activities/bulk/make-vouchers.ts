import { commitUnawaited, writeProgress } from '../../db/bulk/async-actions.ts';
import { findCampaign, tellGeneration } from '../../db/campaign/campaigns.ts';
import { findProject } from '../../db/project/projects.ts';
import { draftOfCampaign } from '../../db/voucher/creation.ts';
import { copyVouchers } from '../../db/voucher/copy.ts';
import { issueVouchers, type VoucherDraft } from '../../db/voucher/vouchers.ts';
import { codeKey, collisionOdds, generateCodes, parseCodeConfig, type CodeConfig } from '../../domain/voucher/code-pattern.ts';
import { DomainError } from '../../domain/errors.ts';
import type { BulkDeps, BulkKind } from './bulk-kind.ts';

export const CAMPAIGN_VOUCHERS_GENERATE = 'CAMPAIGN_VOUCHERS_GENERATE';

/** What a request for many codes is kept as. */
export interface VoucherRequest {
  code_config: CodeConfig;
  /** What these vouchers have of their own; what is left out is the campaign's. */
  own: Partial<VoucherDraft>;
}

/** Where one batch in so many meets a code that exists, it does not matter that it is written twice. */
const RARE = 0.01;

/** Makes many codes of a campaign. */
export const createMakeVouchers = ({ now, randomBytes, batch }: BulkDeps): BulkKind => ({
  batch: async (tx, action) => {
    const { code_config: config, own } = action.request as unknown as VoucherRequest;
    const project = await findProject(tx, action.projectId);
    const campaign = await findCampaign(tx, action.projectId, action.campaignId!);
    if (!project || !campaign) throw new DomainError('resource_not_found', 'The campaign does not exist any more.');
    const pattern = parseCodeConfig(config, { caseSensitive: project.caseSensitiveCodes });
    const count = Math.min(batch, action.total - action.done);
    const draft = draftOfCampaign(campaign, own);
    const rows = generateCodes(pattern, count, randomBytes).map((code) => ({
      code,
      codeKey: codeKey(code, project.caseSensitiveCodes),
      draft,
    }));
    const left = await copyVouchers(tx, rows, { taken: collisionOdds(pattern, count, action.total) > RARE });
    // Codes that existed are drawn again.
    const drafts = left.map(() => draftOfCampaign(campaign, own));
    if (drafts.length > 0) await issueVouchers(tx, project, drafts, pattern, randomBytes);
    const done = action.done + count;
    const finished = done === action.total;
    if (!finished) await commitUnawaited(tx);
    await writeProgress(tx, action, { status: finished ? 'DONE' : 'IN_PROGRESS', done }, now());
    if (finished) await tellGeneration(tx, campaign, 'completed', { async_action_id: action.id, vouchers_count: done }, now());
    return { done, total: action.total, finished };
  },

  failed: async (tx, { projectId, campaignId, id, done }, error) => {
    const campaign = await findCampaign(tx, projectId, campaignId!);
    if (campaign) await tellGeneration(tx, campaign, 'failed', { async_action_id: id, error, vouchers_count: done }, now());
  },
});
