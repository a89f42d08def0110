import { Context } from '@temporalio/activity';
import { lockAsyncAction, writeProgress } from '../../db/async-actions.ts';
import { findCampaign, tellGeneration } from '../../db/campaigns.ts';
import type { Sql, Tx } from '../../db/client.ts';
import { findProject } from '../../db/projects.ts';
import { withRetries } from '../../db/retries.ts';
import { copyVouchers } from '../../db/voucher-copy.ts';
import { draftOfCampaign } from '../../db/voucher-creation.ts';
import { issueVouchers, type VoucherDraft } from '../../db/vouchers.ts';
import { codeKey, generateCodes, parseCodeConfig, type CodeConfig } from '../../domain/code-pattern.ts';
import { DomainError } from '../../domain/errors.ts';
import type { AsyncActionInput } from '../../workflows/contracts.ts';

export interface BulkDeps {
  sql: Sql;
  now: () => Date;
  /** A cryptographically secure source. */
  randomBytes: (n: number) => Uint8Array;
  /** Codes of one transaction. */
  batch?: number;
}

/** What a request for many codes is kept as. */
export interface VoucherRequest {
  code_config: CodeConfig;
  /** What these vouchers have of their own; what is left out is the campaign's. */
  own: Partial<VoucherDraft>;
}

export interface BulkProgress {
  done: number;
  total: number;
  finished: boolean;
}

export type BulkActivities = ReturnType<typeof createBulkActivities>;

const BATCH = 10_000;
/** How long one activity works before it lets the workflow say how far it is. */
const TURN_MS = 5_000;

export const createBulkActivities = ({ sql, now, randomBytes, batch = BATCH }: BulkDeps) => {
  /** One batch and its count in one transaction. */
  const makeBatch = async (tx: Tx, id: string): Promise<BulkProgress> => {
    const action = await lockAsyncAction(tx, id);
    if (action === null || action.finishedAt !== null) return { done: action?.done ?? 0, total: action?.total ?? 0, finished: true };
    const { code_config: config, own } = action.request as unknown as VoucherRequest;
    const project = await findProject(tx, action.projectId);
    const campaign = await findCampaign(tx, action.projectId, action.campaignId!);
    if (!project || !campaign) throw new DomainError('resource_not_found', 'The campaign does not exist any more.');
    const pattern = parseCodeConfig(config, { caseSensitive: project.caseSensitiveCodes });
    const drafts = (count: number) => Array.from({ length: count }, () => draftOfCampaign(campaign, own));
    const count = Math.min(batch, action.total - action.done);
    const codes = generateCodes(pattern, count, randomBytes);
    const keyed = (code: string) => ({ code, codeKey: codeKey(code, project.caseSensitiveCodes) });
    const written = await copyVouchers(
      tx,
      drafts(count).map((draft, index) => ({ ...draft, ...keyed(codes[index]!) })),
    );
    // Codes that existed are drawn again.
    if (written < count) await issueVouchers(tx, project, drafts(count - written), pattern, randomBytes);
    const done = action.done + count;
    const finished = done === action.total;
    await writeProgress(tx, action, { status: finished ? 'DONE' : 'IN_PROGRESS', done }, now());
    if (finished) await tellGeneration(tx, campaign, 'completed', { async_action_id: id, vouchers_count: done }, now());
    return { done, total: action.total, finished };
  };

  /** Ends what can never be done; the batches before stay. */
  const fail = async (tx: Tx, id: string, error: string): Promise<BulkProgress> => {
    const action = (await lockAsyncAction(tx, id))!;
    const { projectId, campaignId, done, total } = action;
    await writeProgress(tx, action, { status: 'FAILED', done, error }, now());
    const campaign = await findCampaign(tx, projectId, campaignId!);
    if (campaign) await tellGeneration(tx, campaign, 'failed', { async_action_id: id, error, vouchers_count: done }, now());
    return { done, total, finished: true };
  };

  const nextBatch = async (id: string): Promise<BulkProgress> => {
    try {
      return await withRetries(() => sql.begin((tx) => makeBatch(tx, id)));
    } catch (error) {
      if (error instanceof DomainError) return withRetries(() => sql.begin((tx) => fail(tx, id, error.details)));
      throw error;
    }
  };

  return {
    /** Makes codes for some seconds, batch by batch. What is committed is counted, so it may be stopped and repeated at any point. */
    makeVouchers: async ({ actionId }: AsyncActionInput): Promise<BulkProgress> => {
      const context = Context.current();
      const until = performance.now() + TURN_MS;
      for (;;) {
        const progress = await nextBatch(actionId);
        context.heartbeat(progress);
        if (progress.finished || performance.now() > until || context.cancellationSignal.aborted) return progress;
      }
    },
  };
};
