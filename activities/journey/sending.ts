import { openLedger } from '../../db/delivery/allowances.ts';
import { findSendingRules } from '../../db/delivery/sending-rules.ts';
import { findSuppressed, TRANSACTIONAL } from '../../db/delivery/suppressions.ts';
import { findTopics } from '../../db/delivery/templates.ts';
import { use } from '../../domain/delivery/allowance.ts';
import { later } from '../../domain/calendar.ts';
import { scopeValues } from '../../domain/journey/scope.ts';
import type { JourneyCoupon } from '../../domain/journey/step-kind.ts';
import { translationsOf, type Sending } from '../../domain/journey/steps/sending.ts';
import { timingOf, type MailRules, type SendingRules } from '../../domain/delivery/sending.ts';
import { capKey } from '../delivery/sendable.ts';
import { attempt } from './attempt.ts';
import type { Recipient } from './recipients.ts';
import type { Member, Outcome, StepWork } from './step.ts';

/** A mail that a step wants to send. */
export interface JourneyMail {
  member: Member;
  recipient: Recipient;
  /** The coupon that `{{coupon}}` means, where there is one. */
  coupon: JourneyCoupon | null;
  /** More values for the template, as `{{data}}`. */
  data: Record<string, unknown>;
}

/** A mail that may go, with what it is made of. */
export interface ReadyMail extends JourneyMail {
  template: string;
  version: number;
  topic: string;
  locale: string | null;
  rules: MailRules;
}

export const isMail = <Mail extends JourneyMail>(each: Mail | Outcome): each is Mail => 'member' in each;

const obstacles: Record<string, string> = {
  unsubscribed: 'the customer unsubscribed',
  bounced: 'mails to this address bounce',
  complained: 'the customer complained about mail',
  manual: 'the address is suppressed',
};

const skipped = (reason: string, more: Record<string, unknown> = {}): Outcome => ({
  to: 'go',
  outcome: 'skipped',
  detail: { reason, ...more },
});

/** What a mail is, so that it exists once and counts once. */
export const mailKey = ({ enrolment }: Member, { step }: StepWork): string => `${enrolment.id}:${step.id}:${enrolment.visit}:email`;

/** When the step was due first, before quiet hours put it off. */
const timeOf = ({ enrolment }: Member, now: string): string => (enrolment.awaitedSince ?? enrolment.dueAt ?? new Date(now)).toISOString();

/**
 * Says which mails go now, and what becomes of the others: who unsubscribed or has no address is passed over, quiet hours put off or
 * leave out, and so do frequency caps, which are counted under their locks. It is asked again when a mail is sent.
 * @param addressed whether they go to an address of ours, and not to a system that has its own
 */
export const readyMails = async (
  work: StepWork,
  fields: Sending,
  mails: JourneyMail[],
  addressed = true,
): Promise<(ReadyMail | Outcome)[]> => {
  if (mails.length === 0) return [];
  const { tx, project, now } = work;
  const rules = await findSendingRules(tx, project.id);
  const chosen = await Promise.all(mails.map((mail) => choose(work, fields, mail)));
  const drafts = await withTopics(work, fields, chosen);
  const suppressed = await findSuppressed(
    tx,
    drafts.flatMap((draft, index) =>
      'to' in draft
        ? []
        : [
            {
              id: String(index),
              projectId: project.id,
              customerId: draft.recipient.customer.id,
              to: draft.recipient.customer.email ?? '',
              topic: draft.topic,
            },
          ],
    ),
  );
  const open = drafts.map((draft, index): ReadyMail | Outcome => {
    if ('to' in draft) return draft;
    if (addressed && !draft.recipient.customer.email) return skipped('the customer has no email address');
    const obstacle = suppressed.get(String(index));
    if (obstacle !== undefined) return skipped(obstacles[obstacle] ?? obstacle);
    const timing = timingOf(rules, draft.rules, now);
    if ('skip' in timing) return skipped(timing.skip === 'too_late' ? 'it is too late for this mail' : 'it is quiet hours');
    if ('deferTo' in timing) return { to: 'stay', dueAt: timing.deferTo, armed: { awaiting: null, since: timeOf(draft.member, now) } };
    return draft;
  });
  return capped(work, rules, open);
};

/** The template in the recipient's language, as it was pinned. */
const choose = async (work: StepWork, fields: Sending, mail: JourneyMail): Promise<Omit<ReadyMail, 'topic'> | Outcome> => {
  const { templates } = work.journey;
  const told = attempt(() => work.step.expressions.get('locale')?.evaluate(scopeValues(mail.member.standing)) ?? null);
  if ('error' in told) return { to: 'fail', error: told.error };
  const locale = typeof told.value === 'string' && told.value !== '' ? told.value : null;
  const template = translationsOf(fields.template, locale).find((key) => templates[key] !== undefined);
  if (template === undefined) throw new Error(`the journey has no version of the template ${fields.template}`);
  const lateAt = fields.late_after === undefined ? null : later(timeOf(mail.member, work.now), fields.late_after, mail.recipient.zone);
  const rules: MailRules = {
    quiet_hours: fields.quiet_hours ?? 'defer',
    zone: mail.recipient.zone,
    late_at: lateAt,
    cap: fields.frequency_cap ?? null,
    use: mailKey(mail.member, work),
  };
  return { ...mail, template, version: templates[template] as number, locale, rules };
};

/** Without a word on quiet hours, marketing waits for their end and what was asked for goes. */
const withTopics = async (
  { tx, project }: StepWork,
  fields: Sending,
  drafts: (Omit<ReadyMail, 'topic'> | Outcome)[],
): Promise<(ReadyMail | Outcome)[]> => {
  const topics =
    fields.topic === undefined
      ? await findTopics(
          tx,
          project.id,
          drafts.flatMap((draft) => ('to' in draft ? [] : [draft])),
        )
      : null;
  return drafts.map((draft) => {
    if ('to' in draft) return draft;
    const topic = fields.topic ?? topics?.get(`${draft.template} ${draft.version}`) ?? 'marketing';
    const quiet = fields.quiet_hours ?? (topic === TRANSACTIONAL ? 'ignore' : 'defer');
    return { ...draft, topic, rules: { ...draft.rules, quiet_hours: quiet } };
  });
};

const capped = async (work: StepWork, rules: SendingRules, mails: (ReadyMail | Outcome)[]): Promise<(ReadyMail | Outcome)[]> => {
  const keyOf = (mail: ReadyMail | Outcome): string | null =>
    'to' in mail || mail.rules.cap === null ? null : capKey(mail.rules.cap, mail.recipient.customer.id);
  const ledger = await openLedger(
    work.tx,
    work.project.id,
    mails.flatMap((mail) => keyOf(mail) ?? []),
  );
  const allowed = mails.map((mail) => {
    const key = keyOf(mail);
    const cap = 'to' in mail || mail.rules.cap === null ? undefined : rules.frequency_caps[mail.rules.cap];
    if (key === null || cap === undefined || 'to' in mail) return mail;
    const used = use(ledger.of(key), cap, { id: mail.rules.use, at: work.now });
    if (used === null) return skipped('the frequency cap is reached', { frequency_cap: mail.rules.cap });
    ledger.set(key, used);
    return mail;
  });
  await ledger.write();
  return allowed;
};

/** The coupon that was issued last, which a mail means by `{{coupon}}`. Ids sort by the time they were made. */
export const latestCoupon = (member: Member): JourneyCoupon | null =>
  Object.values(member.standing.context.coupons)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .at(-1) ?? null;
