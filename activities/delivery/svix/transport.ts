import { ApiException } from 'svix';
import type { WebhookPayload } from '../../../db/delivery/deliveries.ts';
import type { LeasedDelivery } from '../../../db/delivery/leases.ts';
import { noteFailure, noteSuccess } from '../../../db/delivery/destination-health.ts';
import type { Destination } from '../../../db/delivery/destinations.ts';
import { ENDPOINTS_CHANGED } from '../../../db/delivery/svix-destinations.ts';
import { retryAfter } from '../../../domain/delivery/retry-after.ts';
import { WEBHOOK_RETRY_SCHEDULE } from '../../../domain/delivery/retry-schedule.ts';
import type { SendOutcome, Transport } from '../transport.ts';
import { createSvixClient, reasonOf, statusOf, svixEventType, type SvixServer } from './client.ts';
import { createInStep, type InStepDeps } from './in-step.ts';

export interface SvixDeps extends InStepDeps {
  server: SvixServer;
}

const CONCURRENCY = 10;
/** What Svix will not take however often it is told: too large, or not to be understood. */
const FINAL = new Set([400, 413, 422]);

/** Hands events to a Svix server, which delivers them to the endpoints: one application for each project. */
export const createSvixTransport = ({ server, ...deps }: SvixDeps): Transport => {
  const svix = createSvixClient(server);
  const inStep = createInStep(svix, deps);

  const outcomeOf = async (destination: Destination, error: unknown): Promise<SendOutcome> => {
    const status = statusOf(error);
    const answer = reasonOf(error);
    const told = status === null ? {} : { status };
    // Svix knows this event already: it arrived, and the answer was lost.
    if (status === 409) return { outcome: 'accepted', answer, ...told };
    if (status !== null && FINAL.has(status)) return { outcome: 'failed', reason: 'refused', answer, ...told };
    // The application or an endpoint is not there any more.
    if (status === 404) inStep.forget(destination.projectId);
    const at = deps.now();
    const waitMs = error instanceof ApiException ? retryAfter(error.headers['retry-after'], at.getTime()) : null;
    await noteFailure(deps.sql, destination.id, at, waitMs === null ? null : new Date(at.getTime() + waitMs));
    return { outcome: 'retry', answer, ...told, ...(waitMs !== null && { waitMs }), ...(status === null && { unreachable: true }) };
  };

  const send = async (
    destination: Destination,
    { id, eventId, payload }: LeasedDelivery,
    inStepNow: () => Promise<string[]>,
  ): Promise<SendOutcome> => {
    const { type, body } = payload as WebhookPayload;
    try {
      const refusals = await inStepNow();
      if (type === ENDPOINTS_CHANGED)
        return refusals.length === 0
          ? { outcome: 'accepted', answer: 'the endpoints are in step' }
          : { outcome: 'failed', reason: 'refused', answer: refusals.join('; ') };
      const message = { eventType: svixEventType(type), eventId: eventId ?? id, payload: body };
      const taken = await svix.message.create(destination.projectId, message, { idempotencyKey: id });
      await noteSuccess(deps.sql, destination.id);
      return { outcome: 'accepted', answer: taken.id, status: 202 };
    } catch (error) {
      return outcomeOf(destination, error);
    }
  };

  return {
    concurrency: () => CONCURRENCY,
    retrySchedule: () => WEBHOOK_RETRY_SCHEDULE,
    ordered: () => false,
    prepare: async (destination, deliveries) => {
      const types = new Set(deliveries.map(({ payload }) => (payload as WebhookPayload).type));
      types.delete(ENDPOINTS_CHANGED);
      // Once for all of them, when the first goes.
      let telling: Promise<string[]> | null = null;
      const inStepNow = () => (telling ??= inStep.ensure(destination.projectId, [...types]));
      return deliveries.map((delivery) => ({ delivery, messageId: delivery.id, send: () => send(destination, delivery, inStepNow) }));
    },
  };
};
