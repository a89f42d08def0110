import { ServiceError, type ActivityOptions, type Client } from '@temporalio/client';
import type { TaskQueues } from '../../workflows/contracts.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Checkout } from './checkout.ts';

/** How long a checkout waits for a worker, retries and all. */
const ANSWER_WITHIN = '15s';

/**
 * Runs each call as a Temporal Standalone Activity: durable, and visible in Temporal's UI. An attempt that died is made again; the
 * Idempotency-Key keeps it from redeeming twice.
 */
export const createTemporalCheckout = (client: Client, taskQueues: TaskQueues): Checkout => {
  const activities = client.activity.typed<Checkout>();
  const options = (name: keyof Checkout, requestId: string): Omit<ActivityOptions, 'args'> => ({
    id: `${name}-${requestId}`,
    taskQueue: taskQueues.checkout,
    startToCloseTimeout: '10s',
    scheduleToCloseTimeout: ANSWER_WITHIN,
    retry: { initialInterval: '50ms', maximumAttempts: 5 },
  });
  return {
    validate: (request) => answered(activities.execute('validate', { ...options('validate', request.requestId), args: [request] })),
    validateAndLock: (request) =>
      answered(activities.execute('validateAndLock', { ...options('validateAndLock', request.requestId), args: [request] })),
    // Whichever worker tries again asks by the key.
    redeem: (request) =>
      answered(activities.execute('redeem', { ...options('redeem', request.requestId), args: [{ ...request, keyIsOurs: false }] })),
    rollback: (request) => answered(activities.execute('rollback', { ...options('rollback', request.requestId), args: [request] })),
  };
};

const answered = async <T>(execution: Promise<T>): Promise<T> => {
  try {
    return await execution;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new DomainError('service_unavailable', 'Temporal does not answer', {
      details: 'The checkout runs through Temporal here, and it cannot be reached. Try again in a moment.',
    });
  }
};
