import { randomUUID } from 'node:crypto';
import { isGrpcServiceError, type Client } from '@temporalio/client';
import { DomainError } from '../../domain/errors.ts';

/** Turns the clocks of single workflows, where the server allows it. */
export interface TimeSkipping {
  /** @throws DomainError time_travel_unavailable where the server does not allow it */
  check: () => Promise<void>;
  /** How far the workflow's clock is ahead, in milliseconds; null where no such workflow runs. */
  skippedMs: (workflowId: string) => Promise<number | null>;
  /** Turns its clock on and waits until it is there. Timers on the way fire. */
  forward: (workflowId: string, ms: number) => Promise<void>;
}

const NOT_FOUND = 5;
const DEADLINE_EXCEEDED = 4;
const UNIMPLEMENTED = 12;
const RUNNING = 1;
/** What the server answers when it is asked whether a forward is over. */
const POLLED = { timeout: 1, completed: 2, failed: 3 };
const MOST_MS = 20_000;

interface Duration {
  seconds: number;
  nanos: number;
}

/** The calls that the TypeScript client has no wrapper for; its protobuf definitions have them. */
interface Service {
  describeWorkflowExecution: (request: object) => Promise<{
    workflowExecutionInfo?: { status?: number | null } | null;
    workflowExtendedInfo?: { timeSkippingInfo?: { currentTime?: { seconds: unknown; nanos?: number | null } | null } | null } | null;
  }>;
  updateWorkflowExecutionOptions: (request: object) => Promise<unknown>;
  pollWorkflowExecutionTimeSkipping: (request: object) => Promise<{ fastForwardPollingResult: number }>;
}

const durationOf = (ms: number): Duration => ({ seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1_000_000 });

const hasCode = (error: unknown, code: number): boolean => isGrpcServiceError(error) && (error.code as number) === code;

const unavailable = (): DomainError =>
  new DomainError('time_travel_unavailable', 'This Temporal server does not allow time skipping.', {
    details:
      'Set frontend.WorkflowTimeSkippingEnabled to true in its dynamic configuration (server 1.32 or later), or run Couponry with its embedded server.',
  });

export const createTimeSkipping = ({ client, now }: { client: Client; now: () => Date }): TimeSkipping => {
  const { namespace } = client.options;
  const service = async (): Promise<Service> => {
    await client.connection.ensureConnected();
    return client.connection.workflowService as unknown as Service;
  };
  const execution = (workflowId: string) => ({ namespace, workflowExecution: { workflowId } });

  const begin = async (workflowId: string, ms: number, id: string): Promise<void> => {
    try {
      await (
        await service()
      ).updateWorkflowExecutionOptions({
        ...execution(workflowId),
        updateMask: { paths: ['time_skipping_config'] },
        workflowExecutionOptions: { timeSkippingConfig: { enabled: true, fastForwardConfig: { id, duration: durationOf(ms) } } },
      });
    } catch (error) {
      throw hasCode(error, UNIMPLEMENTED) ? unavailable() : error;
    }
  };

  const poll = async (workflowId: string, id: string): Promise<number> => {
    try {
      const call = async () => (await service()).pollWorkflowExecutionTimeSkipping({ ...execution(workflowId), fastForwardId: id });
      return (await client.withDeadline(Date.now() + 5_000, call)).fastForwardPollingResult;
    } catch (error) {
      if (hasCode(error, DEADLINE_EXCEEDED)) return POLLED.timeout;
      // It came to its end on the way.
      if (hasCode(error, NOT_FOUND)) return POLLED.failed;
      throw error;
    }
  };

  return {
    async check() {
      try {
        await begin('time-skipping-probe', 1, 'probe');
      } catch (error) {
        if (!hasCode(error, NOT_FOUND)) throw error;
      }
    },

    async skippedMs(workflowId) {
      try {
        const described = await (await service()).describeWorkflowExecution({ namespace, execution: { workflowId } });
        if (described.workflowExecutionInfo?.status !== RUNNING) return null;
        const current = described.workflowExtendedInfo?.timeSkippingInfo?.currentTime;
        if (current == null) return 0;
        return Number(current.seconds) * 1000 + Math.floor((current.nanos ?? 0) / 1_000_000) - now().getTime();
      } catch (error) {
        if (hasCode(error, NOT_FOUND)) return null;
        throw error;
      }
    },

    async forward(workflowId, ms) {
      const id = randomUUID();
      try {
        await begin(workflowId, ms, id);
      } catch (error) {
        if (hasCode(error, NOT_FOUND)) return;
        throw error;
      }
      for (const until = performance.now() + MOST_MS; performance.now() < until;) {
        if ((await poll(workflowId, id)) !== POLLED.timeout) return;
      }
      throw new DomainError('service_unavailable', 'A journey did not follow the clock.', {
        details: `The workflow ${workflowId} is busy, or no worker runs. The same request again goes on from here.`,
      });
    },
  };
};
