import { Webhook } from 'svix';
import { DemoError } from './couponry-client.ts';

export interface Signup {
  id: string;
  email: string;
  firstName: string;
}

/** A CRM: it posts a signed webhook when somebody signs up, and posts it again when it is not sure. */
export const createCrm = (source: { url: string; secret: string }) => {
  const webhook = new Webhook(source.secret);
  return {
    /** Posts the signup `times` times at once, under one webhook id. Gives how many of them Couponry knew already. */
    async postSignup(signup: Signup, times: number): Promise<number> {
      const at = new Date();
      const id = `msg_${signup.id}`;
      const { email, firstName } = signup;
      const body = JSON.stringify({
        type: 'customer.signed_up',
        timestamp: at.toISOString(),
        data: { id: signup.id, email, first_name: firstName, timezone: 'Europe/Berlin' },
      });
      const post = async (): Promise<boolean> => {
        const response = await fetch(source.url, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'webhook-id': id,
            'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
            'webhook-signature': webhook.sign(id, at, body),
          },
          body,
          signal: AbortSignal.timeout(30_000),
        });
        if (!response.ok) throw new DemoError(`the signup was answered ${response.status}: ${await response.text()}`);
        return ((await response.json()) as { duplicate: boolean }).duplicate;
      };
      const duplicates = await Promise.all(Array.from({ length: times }, post));
      return duplicates.filter(Boolean).length;
    },
  };
};
