import { findDestination, type SmtpConfig } from '../../db/delivery/destinations.ts';
import type { EmailPayload, WebhookPayload } from '../../db/delivery/deliveries.ts';
import { recordEvents } from '../../db/event/events.ts';
import { findDueDeliveries, settleDeliveries, type DueDelivery, type Settled } from '../../db/simulation/state.ts';
import { findTemplate } from '../../db/delivery/templates.ts';
import { isMailAddress } from '../../domain/delivery/mail-header.ts';
import { checkMails } from '../delivery/sendable.ts';
import { mailData } from '../mail/compose.ts';
import type { MailRenderer } from '../mail/render.ts';
import { isAwaited, settleByScript, tellAnswered } from './answer.ts';
import { happening, type SimulatedMessage } from './timeline.ts';
import type { World } from './world.ts';

export interface DeliverDeps {
  renderer: MailRenderer;
  publicUrl: string;
}

/** The mail of a delivery: itself, or what a webhook carries for an email system to send. */
const mailOf = ({ kind, payload }: DueDelivery): EmailPayload | null =>
  kind === 'email' ? (payload as EmailPayload) : ((payload as { mail?: EmailPayload }).mail ?? null);

/**
 * Does with what is due what the sender would, except sending it: asks again who may be written to, quiet hours and caps, and renders.
 * @returns how many there were
 */
export const deliver = async (world: World, deps: DeliverDeps): Promise<number> => {
  const { sql, project, clock } = world;
  const due = await findDueDeliveries(sql, project.id, clock.now);
  if (due.length === 0) return 0;
  const mails = due.flatMap((delivery) => {
    const payload = mailOf(delivery);
    return payload === null ? [] : [{ delivery, payload }];
  });
  const fates = await checkMails(sql, mails, clock.now);
  const fateOf = new Map(mails.map(({ delivery }, index) => [delivery.id, fates[index]!]));
  const settled = due.map((delivery): Settled => {
    const fate = fateOf.get(delivery.id) ?? { send: true };
    if ('deferTo' in fate) return { id: delivery.id, state: 'planned', reason: null, dueAt: fate.deferTo };
    if ('skip' in fate) return { id: delivery.id, state: 'skipped', reason: fate.skip, dueAt: delivery.dueAt };
    const payload = mailOf(delivery);
    if (isAwaited(delivery)) return settleByScript(world, delivery);
    const right = payload === null || isMailAddress(payload.to);
    return { id: delivery.id, state: right ? 'accepted' : 'skipped', reason: right ? null : 'invalid_address', dueAt: delivery.dueAt };
  });
  await settleDeliveries(sql, project.id, settled, clock.now);
  const over = (state: Settled['state'] | undefined): boolean => state !== 'planned' && state !== 'sending';
  await tellAnswered(
    world,
    due.filter((delivery, index) => isAwaited(delivery) && over(settled[index]?.state)),
  );
  const sent = due.filter((delivery, index) => delivery.kind === 'email' && settled[index]?.state === 'accepted');
  await recordEvents(
    sql,
    sent.map((delivery) => sentEvent(delivery, clock.now)),
  );
  if (world.verbose) {
    for (const [index, delivery] of due.entries()) {
      const { state, reason } = settled[index]!;
      if (state === 'planned') continue;
      // What was refused was posted as well.
      const message = await messageOf(world, deps, delivery, state !== 'skipped', reason);
      const [, step = ''] = delivery.enrolmentId === null ? [] : delivery.dedupeKey.split(':');
      world.happened.push(happening(clock.now, 'message', message.state, { step, message, detail: reason === null ? {} : { reason } }));
    }
  }
  return due.length;
};

const sentEvent = (delivery: DueDelivery, now: Date) => {
  const { topic, template, version } = delivery.payload as EmailPayload;
  return {
    projectId: delivery.projectId,
    type: 'message.sent',
    customerId: delivery.customerId,
    data: { message_id: delivery.id, enrolment_id: delivery.enrolmentId, topic, template, version, reason: null },
    dedupeKey: null,
    occurredAt: now,
  };
};

const messageOf = async (
  world: World,
  { renderer, publicUrl }: DeliverDeps,
  delivery: DueDelivery,
  goes: boolean,
  reason: string | null,
): Promise<SimulatedMessage> => {
  const payload = mailOf(delivery);
  const webhook = delivery.kind === 'webhook' ? (delivery.payload as WebhookPayload) : null;
  const message: SimulatedMessage = {
    kind: delivery.kind,
    to: payload?.to ?? null,
    state: goes ? 'sent' : 'skipped',
    reason,
    template: payload?.template ?? null,
    version: payload?.version ?? null,
    subject: null,
    html: null,
    text: null,
    body: webhook === null ? null : { type: webhook.type, ...(webhook.body as object) },
  };
  if (payload === null) return message;
  const { sql, project } = world;
  const template = await findTemplate(sql, project.id, payload.template, payload.version);
  const route = await findDestination(sql, delivery.destinationId);
  if (template === null || route === null) return { ...message, state: 'failed', reason: 'template_missing' };
  const data = mailData({
    payload,
    config: { from: { name: '', email: '' }, ...(route.config as Partial<SmtpConfig>) },
    url: `${publicUrl}/u/simulated`,
    currency: project.currency,
  });
  const id = `${project.id} ${template.key} ${template.version}`;
  const [result] = await renderer.render([{ template: { ...template, id }, data }]);
  if (result === undefined || 'error' in result) return { ...message, state: 'failed', reason: result?.error ?? 'template_error' };
  return { ...message, ...result.rendered };
};
