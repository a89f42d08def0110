import { scopeValues } from '../../domain/journey/scope.ts';
import type { SendEmail } from '../../domain/journey/steps/send-email.ts';
import { attempt } from './attempt.ts';
import { latestCoupon, mailObstacle, pinnedTemplate, planMails, type JourneyMail } from './mails.ts';
import type { Outcome, StepFunction } from './step.ts';

/** Plans a mail to each member: written with the step, sent by the destination's own workflow. */
export const sendMessages =
  (deps: { now: () => Date }): StepFunction =>
  async (work) => {
    const fields = work.step.fields as unknown as SendEmail;
    const pinned = { template: fields.template, ...(await pinnedTemplate(work, fields)) };
    const mails: JourneyMail[] = [];
    const outcomes = work.members.map((member): Outcome => {
      const obstacle = mailObstacle(member, pinned.topic);
      if (obstacle !== null) return { to: 'go', outcome: 'skipped', detail: { reason: obstacle } };
      const data = attempt(() => {
        const values = scopeValues(member.standing);
        return Object.fromEntries(
          Object.keys(fields.data).map((name) => [name, work.step.expressions.get(`data.${name}`)?.evaluate(values)]),
        );
      });
      if ('error' in data) return { to: 'fail', error: data.error };
      mails.push({ member, coupon: latestCoupon(member), data: data.value });
      return { to: 'go', outcome: 'planned', detail: { template: fields.template, version: pinned.version } };
    });
    await planMails(work, pinned, mails, deps.now());
    return outcomes;
  };
