import { Context } from '@temporalio/activity';
import { drainDestination, type DrainDeps, type DrainResult } from './drain.ts';

const HEARTBEAT_MS = 2_000;

/** What a destination's workflow calls. */
export const createDeliveryActivities = (deps: DrainDeps) => ({
  /** Sends what is due to a destination, for a bounded time; a worker that shuts down stops it in order. */
  async drain({ destinationId }: { destinationId: string }): Promise<DrainResult> {
    const context = Context.current();
    const beat = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
    try {
      return await drainDestination(deps, destinationId, context.cancellationSignal);
    } finally {
      clearInterval(beat);
    }
  },
});

export type DeliveryActivities = ReturnType<typeof createDeliveryActivities>;
