import type { WebhookPayload } from '../../db/delivery/deliveries.ts';
import { recordEvents } from '../../db/event/events.ts';
import type { DueDelivery, Settled } from '../../db/simulation/state.ts';
import { later } from '../../domain/calendar.ts';
import { ANSWERED, readAnswer } from '../../domain/journey/answer.ts';
import type { SendWebhook } from '../../domain/journey/steps/send-webhook.ts';
import type { World } from './world.ts';

const awaitedBy = (delivery: DueDelivery): WebhookPayload['awaited'] => (delivery.payload as WebhookPayload).awaited;

export const isAwaited = (delivery: DueDelivery): boolean => delivery.kind === 'webhook' && awaitedBy(delivery) !== undefined;

/** What becomes of a webhook whose step waits for the answer: what the script says, after as long as it says, or silence. */
export const settleByScript = (world: World, delivery: DueDelivery): Settled => {
  const step = world.journey.compiled.steps.get(awaitedBy(delivery)?.step ?? '');
  const name = (step?.fields as SendWebhook | undefined)?.save_as ?? '';
  const scripted = Object.hasOwn(world.answers, name) ? world.answers[name] : undefined;
  const { id, dueAt } = delivery;
  // On the wire for ever: until the step's time is up.
  if (scripted === undefined) return { id, state: 'sending', reason: 'not_scripted', dueAt };
  if (scripted.after !== 'PT0S' && !world.posted.has(id)) {
    world.posted.add(id);
    return { id, state: 'planned', reason: null, dueAt: new Date(later(world.clock.now.toISOString(), scripted.after, 'UTC')) };
  }
  const { status, body } = scripted;
  if (status < 200 || status > 299) return { id, state: 'failed', reason: `status ${status}`, dueAt };
  return { id, state: 'accepted', reason: null, dueAt, answer: { status, ...readAnswer(JSON.stringify(body) ?? '') } };
};

/** Tells the steps that wait that their webhooks have come to their end. */
export const tellAnswered = ({ sql, project, clock }: World, ended: DueDelivery[]): Promise<unknown> =>
  recordEvents(
    sql,
    ended.map((delivery) => ({
      projectId: project.id,
      type: ANSWERED,
      customerId: delivery.enrolledCustomerId,
      data: { delivery_id: delivery.id, enrolment_id: delivery.enrolmentId, ...awaitedBy(delivery) },
      dedupeKey: null,
      occurredAt: clock.now,
    })),
  );
