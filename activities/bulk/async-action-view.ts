import type { AsyncAction } from '../../db/bulk/async-actions.ts';

/** What came of the work, as newer clients ask for it. */
const OPERATION_STATUS = { ENQUEUED: 'UNKNOWN', IN_PROGRESS: 'UNKNOWN', DONE: 'SUCCESS', FAILED: 'FAILED' } as const;

export const asyncActionView = (action: AsyncAction) => ({
  id: action.id,
  type: action.type,
  status: action.status,
  operation_status: OPERATION_STATUS[action.status],
  progress: { done: action.done, total: action.total },
  result:
    action.finishedAt === null
      ? null
      : {
          done_count: action.done - action.failed,
          ...(action.failed > 0 && { failed_count: action.failed }),
          ...(action.error !== null && { message: action.error }),
        },
  created_at: action.createdAt.toISOString(),
  updated_at: action.updatedAt.toISOString(),
  object: 'async_action' as const,
});
