import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import YAML from 'yaml';
import { ensureSmtpRoute } from '../db/delivery/destinations.ts';
import type { LoadRequest } from './load.ts';
import type { Servers } from './servers.ts';
import type { Shop } from './shop.ts';

const template = (file: string): string => readFileSync(new URL(`../templates/${file}`, import.meta.url), 'utf8');

/** Issue, mail, wait 2 s, mail, expire: what the floor's workflow does for each customer. */
const journey = `
journey: storm
trigger: { event: customer.signed_up }
steps:
  coupon: { do: issue_coupon, campaign: welcome, expires: { after: PT2S }, as: welcome }
  first_mail: { do: send_email, template: welcome }
  pause: { do: wait, for: PT2S }
  second_mail: { do: send_email, template: reminder }
  end_of_coupon: { do: expire, coupon: welcome }
`;

export interface Storm {
  destinationId: string;
  journeyKey: string;
  /** Signed webhooks of customers who sign up, whose addresses are `<name>-<i>@example.com`. */
  signups: (name: string, count: number) => LoadRequest[];
}

/** Publishes the storm's campaign, mails, journey and source in a shop, over the API. */
export const setUpStorm = async (servers: Servers, api: { url: string }, shop: Shop): Promise<Storm> => {
  const post = async (path: string, body: unknown, type = 'application/json'): Promise<Record<string, unknown>> => {
    const response = await fetch(`${api.url}/v1${path}`, {
      method: 'POST',
      headers: { ...shop.headers, 'content-type': type },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  const sender = { name: 'The Shop', email: 'shop@example.com' };
  const destination = await ensureSmtpRoute(servers.sql, shop.project.id, { from: sender });
  await post('/campaigns', YAML.parse(template('campaigns/welcome.yaml')));
  for (const key of ['welcome', 'reminder']) await post(`/templates/${key}`, { source: template(`emails/${key}.mjml.hbs`) });
  await post('/journeys', journey, 'application/yaml');
  const source = await post('/sources', { name: 'crm', provider: 'standard-webhooks' });
  const { pathname } = new URL(source.url as string);
  const webhook = new Webhook(source.secret as string);
  return {
    destinationId: destination.id,
    journeyKey: 'storm',
    signups: (name, count) =>
      Array.from({ length: count }, (_, i) => {
        const id = `${name}-${i}`;
        const at = new Date();
        const data = { id, email: `${id}@example.com`, first_name: 'Ada', timezone: 'Europe/Berlin' };
        const body = JSON.stringify({ type: 'customer.signed_up', timestamp: at.toISOString(), data });
        return {
          path: pathname,
          body,
          headers: {
            'webhook-id': `msg_${id}`,
            'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
            'webhook-signature': webhook.sign(`msg_${id}`, at, body),
          },
        };
      }),
  };
};
