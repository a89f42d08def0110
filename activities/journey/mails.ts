import { planDeliveries, type PlannedDelivery } from '../../db/deliveries.ts';
import { defaultSmtpRoute } from '../../db/destinations.ts';
import { findTemplateVersions } from '../../db/templates.ts';
import type { JourneyCoupon } from '../../domain/journey/step-kind.ts';
import type { Member, StepWork } from './step.ts';

export interface JourneyMail {
  member: Member;
  /** The coupon that `{{coupon}}` means, where there is one. */
  coupon: JourneyCoupon | null;
  /** More values for the template, as `{{data}}`. */
  data: Record<string, unknown>;
}

export interface MailStep {
  template: string;
  topic?: string | undefined;
}

/** Why a mail of this topic cannot go to this customer; null where it can. It is asked again when it is sent. */
export const mailObstacle = (member: Member, topic: string): string | null => {
  if (member.standing.customer.email === null) return 'the customer has no email address';
  return member.unsubscribed && topic !== 'transactional' ? 'the customer unsubscribed' : null;
};

/** The pinned version of the step's template, and the topic of its mails. */
export const pinnedTemplate = async (work: StepWork, { template, topic }: MailStep): Promise<{ version: number; topic: string }> => {
  const version = work.journey.templates[template];
  if (version === undefined) throw new Error(`the journey has no version of the template ${template}`);
  if (topic !== undefined) return { version, topic };
  const [row] = await findTemplateVersions(work.tx, [{ projectId: work.project.id, key: template, version }]);
  return { version, topic: row?.topic ?? 'marketing' };
};

/** Plans one mail for each, in the step's transaction. */
export const planMails = async (
  work: StepWork,
  pinned: { template: string; version: number; topic: string },
  mails: JourneyMail[],
  sendAt: Date,
): Promise<void> => {
  if (mails.length === 0) return;
  const route = await defaultSmtpRoute(work.tx, work.project.id);
  const deliveries = mails.map(({ member: { enrolment, standing }, coupon, data }): PlannedDelivery => ({
    projectId: work.project.id,
    destinationId: route.id,
    kind: 'email',
    dedupeKey: `${enrolment.id}:${work.step.id}:${enrolment.visit}:email`,
    customerId: enrolment.customerId,
    enrolmentId: enrolment.id,
    eventId: enrolment.eventId,
    priority: work.cohort.priority,
    dueAt: sendAt,
    payload: {
      to: standing.customer.email as string,
      name: standing.customer.name,
      topic: pinned.topic,
      template: pinned.template,
      version: pinned.version,
      data: {
        customer: standing.customer,
        coupon,
        coupons: standing.context.coupons,
        event: standing.context.event,
        journey: { id: work.journey.journeyId, key: work.journey.key, name: work.journey.name, version: work.journey.version },
        data,
        now: work.now,
        currency: work.project.currency,
      },
    },
  }));
  await planDeliveries(work.tx, deliveries);
};

/** The coupon that was issued last, which a mail means by `{{coupon}}`. Ids sort by the time they were made. */
export const latestCoupon = (member: Member): JourneyCoupon | null =>
  Object.values(member.standing.context.coupons)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .at(-1) ?? null;
