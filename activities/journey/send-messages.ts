import { scopeValues } from '../../domain/journey/scope.ts';
import type { SendEmail } from '../../domain/journey/steps/send-email.ts';
import { attempt } from './attempt.ts';
import { planMails } from './mails.ts';
import { recipientsOf } from './recipients.ts';
import { isMail, latestCoupon, readyMails, type JourneyMail, type ReadyMail } from './sending.ts';
import type { Outcome, StepFunction, StepWork } from './step.ts';

/** Plans a mail to each member: written with the step, sent by the destination's own workflow. */
export const sendMessages =
  (deps: { now: () => Date }): StepFunction =>
  async (work) => {
    const fields = work.step.fields as unknown as SendEmail;
    const wanted = await wantedMails(work, Object.keys(fields.data), 'data');
    const ready = await readyMails(work, fields, wanted.filter(isMail));
    await planMails(work, ready.filter(isMail), deps.now());
    const fates = ready.values();
    return wanted.map((mail): Outcome => {
      const fate = isMail(mail) ? (fates.next().value as ReadyMail | Outcome) : mail;
      return isMail(fate) ? { to: 'go', outcome: 'planned', detail: { template: fate.template, version: fate.version } } : fate;
    });
  };

/** What a step wants to send each member, with the values that it computes; one whose expression fails is that member's failure. */
export const wantedMails = async (work: StepWork, names: string[], field: string): Promise<(JourneyMail | Outcome)[]> => {
  const recipients = await recipientsOf(work);
  return work.members.map((member, index) => {
    const recipient = recipients[index];
    if (recipient === undefined || 'error' in recipient) return { to: 'fail', error: recipient?.error ?? 'nobody' };
    const data = attempt(() => {
      const values = scopeValues(member.standing);
      return Object.fromEntries(names.map((name) => [name, work.step.expressions.get(`${field}.${name}`)?.evaluate(values)]));
    });
    return 'error' in data ? { to: 'fail', error: data.error } : { member, recipient, coupon: latestCoupon(member), data: data.value };
  });
};
