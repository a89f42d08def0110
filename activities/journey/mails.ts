import { planDeliveries, type EmailPayload, type PlannedDelivery } from '../../db/delivery/deliveries.ts';
import { defaultSmtpRoute } from '../../db/delivery/destinations.ts';
import { takeSendTimes } from '../../db/journey/launch-pace.ts';
import { mailKey, type ReadyMail } from './sending.ts';
import type { StepWork } from './step.ts';

/** What a mail is made of when it is sent. */
export const payloadOf = (work: StepWork, mail: ReadyMail): EmailPayload => {
  const { standing } = mail.member;
  const { customer } = mail.recipient;
  return {
    to: customer.email ?? '',
    name: customer.name,
    topic: mail.topic,
    template: mail.template,
    version: mail.version,
    rules: mail.rules,
    data: {
      customer: mail.locale === null ? customer : { ...customer, locale: mail.locale },
      coupon: mail.coupon,
      coupons: standing.context.coupons,
      answer: standing.context.answers ?? {},
      event: standing.context.event,
      journey: { id: work.journey.journeyId, key: work.journey.key, name: work.journey.name, version: work.journey.version },
      data: mail.data,
      now: work.now,
      currency: work.project.currency,
    },
  };
};

/** Plans the mails, in the step's transaction; those of a launch with a cap one after the other. @param now real time */
export const planMails = async (work: StepWork, mails: ReadyMail[], now: Date): Promise<void> => {
  if (mails.length === 0) return;
  const route = await defaultSmtpRoute(work.tx, work.project.id);
  const times = await takeSendTimes(
    work.tx,
    mails.map(({ member }) => member.enrolment.launchId),
    now,
  );
  const deliveries = mails.map((mail, index): PlannedDelivery => ({
    projectId: work.project.id,
    destinationId: route.id,
    kind: 'email',
    dedupeKey: mailKey(mail.member, work),
    customerId: mail.recipient.customer.id,
    enrolmentId: mail.member.enrolment.id,
    eventId: mail.member.enrolment.eventId,
    priority: work.cohort.priority,
    dueAt: times[index] ?? now,
    payload: payloadOf(work, mail),
  }));
  await planDeliveries(work.tx, deliveries);
};
