import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';

export interface SignupCustomer {
  /** The CRM's id, which becomes the customer's `source_id`. */
  id: string;
  email: string;
  first_name?: string;
  timezone?: string;
}

/** Posts a signup as a CRM does, signed by Standard Webhooks. @returns the status of the answer */
export const postSignup = async (source: { url: string; secret: string }, customer: SignupCustomer): Promise<number> => {
  const now = new Date();
  const id = `msg_${randomUUID()}`;
  const body = JSON.stringify({ type: 'customer.signed_up', timestamp: now.toISOString(), data: customer });
  const response = await fetch(source.url, {
    method: 'POST',
    body,
    headers: {
      'Content-Type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(source.secret).sign(id, now, body),
    },
  });
  return response.status;
};

interface Mail {
  subject: string;
  text: string;
  to: { address: string }[];
}

export const mailsTo = async (inboxUrl: string, address: string): Promise<Mail[]> => {
  const mails = (await (await fetch(`${inboxUrl}/api/email`)).json()) as Mail[];
  return mails.filter((mail) => mail.to.some((to) => to.address === address));
};

/** Waits for the first mail to an address. @throws when none comes in time */
export const mailTo = async (inboxUrl: string, address: string, withinMs = 30_000): Promise<Mail> => {
  for (const until = Date.now() + withinMs; Date.now() < until; await sleep(50)) {
    const [mail] = await mailsTo(inboxUrl, address);
    if (mail !== undefined) return mail;
  }
  throw new Error(`no mail to ${address} within ${withinMs} ms`);
};
