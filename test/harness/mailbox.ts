import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';

/** A mail as maildev tells it, as far as tests look at it. */
export interface ReceivedMail {
  id: string;
  subject: string;
  from: { address: string; name?: string }[];
  to: { address: string; name?: string }[];
  /** Lower-case names. */
  headers: Record<string, unknown>;
  html?: string;
  text?: string;
}

export const smtpUrl = (): string => inject('smtpUrl');
const inboxUrl = (): string => inject('inboxUrl');

/** The mails that came to an address, oldest first. Addresses tell test files apart: the mailbox serves the whole run. */
export const mailsTo = async (address: string): Promise<ReceivedMail[]> => {
  const response = await fetch(`${inboxUrl()}/api/email`);
  if (!response.ok) throw new Error(`the mailbox answers ${response.status}`);
  const mails = (await response.json()) as ReceivedMail[];
  return mails.filter((mail) => mail.to.some((to) => to.address.toLowerCase() === address.toLowerCase()));
};

/**
 * Waits for the mail number `count` to an address.
 * @throws when it does not come in time
 */
export const waitForMail = async (address: string, options: { count?: number; withinMs?: number } = {}): Promise<ReceivedMail> => {
  const { count = 1, withinMs = 20_000 } = options;
  for (const until = Date.now() + withinMs; Date.now() < until; await sleep(50)) {
    const mail = (await mailsTo(address))[count - 1];
    if (mail !== undefined) return mail;
  }
  throw new Error(`no mail ${count} to ${address} within ${withinMs} ms`);
};
