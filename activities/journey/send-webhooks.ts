import { planDeliveries, type PlannedDelivery, type WebhookPayload } from '../../db/delivery/deliveries.ts';
import { holdSubscribers } from '../../db/webhook/endpoints.ts';
import type { AwaitedWebhook } from '../../db/journey/answers.ts';
import { takeSendTimes } from '../../db/journey/launch-pace.ts';
import { RENDERED, type SendWebhook } from '../../domain/journey/steps/send-webhook.ts';
import type { Sending } from '../../domain/journey/steps/sending.ts';
import { subscribes } from '../../domain/webhook/event-types.ts';
import { awaitedOf, awaitsAnswer, isWorthWaiting, outcomeOfAnswer } from './answers.ts';
import { payloadOf } from './mails.ts';
import { wantedMails } from './send-messages.ts';
import { isMail, readyMails, type JourneyMail, type ReadyMail } from './sending.ts';
import type { Member, Outcome, StepFunction, StepWork } from './step.ts';

/**
 * Plans a webhook for each member, to the endpoint that the step names or to all that listen for its event. With a template it carries
 * the mail: then it follows the rules of mails, and is rendered when it is sent. With `save_as` members wait here for the answer.
 */
export const sendWebhooks =
  (deps: { now: () => Date }): StepFunction =>
  async (work) => {
    const fields = work.step.fields as unknown as SendWebhook;
    const awaited = fields.save_as === undefined ? new Map<string, AwaitedWebhook>() : await awaitedOf(work, work.members);
    const webhookOf = ({ enrolment }: Member) => awaited.get(enrolment.id);
    const waits = (member: Member): boolean => {
      const webhook = webhookOf(member);
      return fields.save_as !== undefined && (awaitsAnswer(member) || (webhook !== undefined && isWorthWaiting(webhook)));
    };
    const posting = work.members.filter((member) => !waits(member));
    const posted = posting.length === 0 ? [] : await post({ ...work, members: posting }, fields, awaited, deps.now());
    const outcomes = posted.values();
    return work.members.map((member) =>
      waits(member) ? outcomeOfAnswer(work, fields, member, webhookOf(member)) : (outcomes.next().value as Outcome),
    );
  };

const post = async (work: StepWork, fields: SendWebhook, awaited: Map<string, AwaitedWebhook>, now: Date): Promise<Outcome[]> => {
  const endpoints = await endpointsOf(work, fields);
  if (endpoints === null) return work.members.map(() => ({ to: 'fail', error: `there is no endpoint ${fields.endpoint}` }));
  const wanted = await wantedMails(work, Object.keys(fields.body ?? {}), 'body');
  const ready = await readyOnes(work, fields, wanted.filter(isMail));
  await plan(work, fields, endpoints, ready.filter(isMail), awaited, now);
  const fates = ready.values();
  return wanted.map((each): Outcome => {
    const fate = isMail(each) ? (fates.next().value as JourneyMail | Outcome) : each;
    if (!isMail(fate)) return fate;
    if (fields.save_as !== undefined) return outcomeOfAnswer(work, fields, fate.member, undefined);
    return { to: 'go', outcome: 'planned', detail: { endpoints: endpoints.length } };
  });
};

const readyOnes = async (work: StepWork, fields: SendWebhook, wanted: JourneyMail[]): Promise<(JourneyMail | ReadyMail | Outcome)[]> =>
  fields.template === undefined ? wanted : readyMails(work, fields as Sending, wanted, false);

/** @returns the ids of endpoints, held until the transaction ends; null where the one that is named is not there */
const endpointsOf = async ({ tx, project }: StepWork, { endpoint, event }: SendWebhook): Promise<string[] | null> => {
  const subscribers = await holdSubscribers(tx, [project.id]);
  if (endpoint === undefined) return subscribers.filter((each) => subscribes(each.eventTypes, event ?? RENDERED)).map(({ id }) => id);
  const named = subscribers.find((each) => each.id === endpoint || each.name === endpoint);
  return named === undefined ? null : [named.id];
};

const plan = async (
  work: StepWork,
  fields: SendWebhook,
  endpoints: string[],
  messages: (JourneyMail | ReadyMail)[],
  awaited: Map<string, AwaitedWebhook>,
  now: Date,
): Promise<void> => {
  const times = await takeSendTimes(
    work.tx,
    messages.map(({ member }) => member.enrolment.launchId),
    now,
  );
  const deliveries = messages.flatMap((message, index) =>
    endpoints.map((destinationId): PlannedDelivery => {
      const { enrolment } = message.member;
      // Who comes again after a failure posts again, as another message.
      const again = awaited.get(enrolment.id)?.times;
      return {
        projectId: work.project.id,
        destinationId,
        kind: 'webhook',
        dedupeKey: `${enrolment.id}:${work.step.id}:${enrolment.visit}:webhook:${destinationId}${again === undefined ? '' : `:${again + 1}`}`,
        customerId: message.recipient.customer.id,
        enrolmentId: enrolment.id,
        eventId: enrolment.eventId,
        priority: work.cohort.priority,
        dueAt: times[index] ?? now,
        payload: payload(work, fields, message),
      };
    }),
  );
  await planDeliveries(work.tx, deliveries);
};

const payload = (work: StepWork, fields: SendWebhook, message: JourneyMail | ReadyMail): WebhookPayload => {
  const type = fields.event ?? RENDERED;
  const { enrolment } = message.member;
  const { customer } = message.recipient;
  const known = {
    code: message.coupon?.code ?? null,
    expires_at: message.coupon?.expires_at ?? null,
    customer: { id: customer.id, source_id: customer.source_id, email: customer.email, name: customer.name },
    journey: work.journey.key,
    step: work.step.id,
    enrolment_id: enrolment.id,
  };
  const body = {
    type,
    timestamp: work.now,
    event_id: enrolment.eventId,
    customer: { id: customer.id, source_id: customer.source_id },
  };
  const awaits = fields.save_as === undefined ? {} : { awaited: { step: work.step.id, visit: enrolment.visit } };
  if (!('template' in message)) return { type, body: { ...body, data: { ...known, ...message.data } }, ...awaits };
  return { type, body: { ...body, data: { ...known, metadata: message.data } }, mail: payloadOf(work, message), ...awaits };
};
