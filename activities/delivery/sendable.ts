import { openLedger } from '../../db/delivery/allowances.ts';
import type { Sql } from '../../db/client.ts';
import { findClocks } from '../../db/customer/customers.ts';
import type { EmailPayload } from '../../db/delivery/deliveries.ts';
import { findSendingRules } from '../../db/delivery/sending-rules.ts';
import { findSuppressed } from '../../db/delivery/suppressions.ts';
import { giveBack, use } from '../../domain/delivery/allowance.ts';
import { timingOf, type MailRules, type SendingRules } from '../../domain/delivery/sending.ts';

/** A mail that is about to be sent, by itself or along with a webhook. */
export interface MailToCheck {
  delivery: { projectId: string; id: string; customerId: string | null };
  payload: EmailPayload;
}

/** Whether a mail goes now: `skip` says why it never does, `deferTo` (real time) when it may. */
export type SendFate = { send: true } | { skip: string } | { deferTo: Date };

const SEND: SendFate = { send: true };

/**
 * Asks again, when mails of one project are about to be sent, what was asked when they were planned: who may be written to, quiet hours,
 * whether it is too late, and the frequency caps, which count when a mail really goes.
 * @param now real time
 * @returns one answer for each, in their order
 */
export const checkMails = async (sql: Sql, mails: MailToCheck[], now: Date): Promise<SendFate[]> => {
  if (mails.length === 0) return [];
  const suppressed = await findSuppressed(
    sql,
    mails.map(({ delivery, payload }) => ({ ...delivery, to: payload.to, topic: payload.topic })),
  );
  const allowed = mails.map(({ delivery }): SendFate => {
    const reason = suppressed.get(delivery.id);
    return reason === undefined ? SEND : { skip: reason };
  });
  if (mails.every(({ payload }) => payload.rules === undefined)) return allowed;
  const projectId = (mails[0] as MailToCheck).delivery.projectId;
  const rules = await findSendingRules(sql, projectId);
  const clocks = await findClocks(
    sql,
    projectId,
    mails.flatMap(({ delivery }) => delivery.customerId ?? []),
  );
  const timed = mails.map(({ delivery, payload }, index): Timed => {
    const fate = allowed[index] as SendFate;
    const offsetMs = clocks.get(delivery.customerId ?? '') ?? 0;
    const at = new Date(now.getTime() + offsetMs).toISOString();
    const mine = payload.rules;
    const capped = { customerId: delivery.customerId, rules: mine, at };
    if (mine === undefined || !('send' in fate)) return { ...capped, fate };
    const timing = timingOf(rules, mine, at);
    if ('send' in timing) return { ...capped, fate };
    return { ...capped, fate: 'skip' in timing ? timing : { deferTo: new Date(Date.parse(timing.deferTo) - offsetMs) } };
  });
  return timed.some(({ rules: mine }) => mine !== undefined && mine.cap !== null)
    ? countCaps(sql, projectId, rules, timed)
    : timed.map(({ fate }) => fate);
};

interface Timed {
  fate: SendFate;
  customerId: string | null;
  rules: MailRules | undefined;
  at: string;
}

/** Under which a customer's mails of a frequency cap are counted. */
export const capKey = (group: string, customerId: string): string => `mail ${group} ${customerId}`;

const countCaps = (sql: Sql, projectId: string, { frequency_caps: caps }: SendingRules, mails: Timed[]): Promise<SendFate[]> =>
  sql.begin(async (tx) => {
    const keyOf = ({ rules, customerId }: Timed): string | null =>
      rules === undefined || rules.cap === null || customerId === null ? null : capKey(rules.cap, customerId);
    const ledger = await openLedger(
      tx,
      projectId,
      mails.flatMap((mail) => keyOf(mail) ?? []),
    );
    const fates = mails.map((mail): SendFate => {
      const key = keyOf(mail);
      if (key === null || mail.rules === undefined || 'deferTo' in mail.fate) return mail.fate;
      const cap = caps[mail.rules.cap ?? ''];
      if ('skip' in mail.fate) {
        ledger.set(key, giveBack(ledger.of(key), mail.rules.use));
        return mail.fate;
      }
      if (cap === undefined) return mail.fate;
      const used = use(ledger.of(key), cap, { id: mail.rules.use, at: mail.at });
      ledger.set(key, used ?? giveBack(ledger.of(key), mail.rules.use));
      return used === null ? { skip: 'frequency_cap' } : mail.fate;
    });
    await ledger.write();
    return fates;
  });
