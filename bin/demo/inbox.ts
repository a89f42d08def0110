import type { CouponryClient } from './couponry-client.ts';

export interface ReadMail {
  subject: string;
  text: string;
}

/** The mails of an address, oldest first: from the mailbox where it is ours, else as Couponry sent them. */
export const mailsOf = async (inboxUrl: string | null, client: CouponryClient, customer: string, email: string): Promise<ReadMail[]> => {
  if (inboxUrl === null) {
    const sent = (await client.messagesOf(customer)).filter((message) => message.state === 'accepted');
    return Promise.all(sent.toReversed().map((message) => client.messageContent(message.id)));
  }
  const response = await fetch(`${inboxUrl}/api/email`, { signal: AbortSignal.timeout(10_000) });
  const mails = (await response.json()) as { subject: string; text?: string; to: { address: string }[] }[];
  return mails.filter((mail) => mail.to.some((to) => to.address === email)).map(({ subject, text }) => ({ subject, text: text ?? '' }));
};
