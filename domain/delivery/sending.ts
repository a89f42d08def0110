import { localTimeIn, nextLocalTime } from '../calendar.ts';

/** What a project says of all its mails. */
export interface SendingRules {
  /** Local times (HH:MM) between which customers are left alone; over midnight where `from` is the later one. */
  quiet_hours: { from: string; to: string } | null;
  /** At most so many mails of a group to one customer, over all journeys, in any stretch of time that is `per` long. */
  frequency_caps: Record<string, { limit: number; per: string }>;
}

export const NO_RULES: SendingRules = { quiet_hours: null, frequency_caps: {} };

/** How quiet hours count for a mail: it waits for their end, is left out, or goes all the same. */
type QuietHours = 'defer' | 'skip' | 'ignore';

/** What a step says of its mails; it is kept with each of them, and asked again when it is sent. Times are ISO 8601, the customer's. */
export interface MailRules {
  quiet_hours: QuietHours;
  zone: string;
  /** After this it is left out. */
  late_at: string | null;
  cap: string | null;
  /** What the mail is in the cap's count. */
  use: string;
}

/** When the quiet hours that it is now end; null where it is not quiet. */
export const quietUntil = ({ quiet_hours: hours }: SendingRules, now: string, zone: string): string | null => {
  if (hours === null) return null;
  const { from, to } = hours;
  const local = localTimeIn(now, zone);
  const quiet = from < to ? local >= from && local < to : local >= from || local < to;
  return quiet ? nextLocalTime(now, to, [], zone) : null;
};

export type Timing = { send: true } | { deferTo: string } | { skip: 'quiet_hours' | 'too_late' };

/** Whether a mail goes now, as far as the time says. One that would wait until it is too late is left out at once. */
export const timingOf = (rules: SendingRules, mail: Pick<MailRules, 'quiet_hours' | 'zone' | 'late_at'>, now: string): Timing => {
  const late = (at: string): boolean => mail.late_at !== null && Date.parse(at) > Date.parse(mail.late_at);
  if (late(now)) return { skip: 'too_late' };
  const until = mail.quiet_hours === 'ignore' ? null : quietUntil(rules, now, mail.zone);
  if (until === null) return { send: true };
  if (mail.quiet_hours === 'skip') return { skip: 'quiet_hours' };
  return late(until) ? { skip: 'too_late' } : { deferTo: until };
};
