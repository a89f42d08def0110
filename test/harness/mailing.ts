import { createDeliveryActivities } from '../../activities/delivery/deliveries.ts';
import { drainDestination, type DrainDeps } from '../../activities/delivery/drain.ts';
import { createMailTransport } from '../../activities/delivery/mail.ts';
import { createSmtpPools } from '../../activities/delivery/smtp.ts';
import type { Transport } from '../../activities/delivery/transport.ts';
import { publishTemplate } from '../../activities/mail/publish.ts';
import { createMailRenderer } from '../../activities/mail/render.ts';
import type { Sql } from '../../db/client.ts';
import { upsertCustomers } from '../../db/customer/customers.ts';
import { planDeliveries, type EmailPayload, type PlannedDelivery } from '../../db/delivery/deliveries.ts';
import { ensureSmtpRoute, type Destination, type SmtpConfig } from '../../db/delivery/destinations.ts';

export const LINKS = { publicUrl: 'https://hub.example', key: Buffer.from('a key that signs unsubscribe links') };

/** The engine of deliveries on a database and an SMTP server, as bin/ wires it. */
export const createDeliveryEngine = (
  sql: Sql,
  smtpUrl: string,
  { webhook, ...more }: Partial<DrainDeps> & { webhook?: Transport } = {},
) => {
  const renderer = createMailRenderer();
  const pools = createSmtpPools();
  const now = () => new Date();
  const deps: DrainDeps = {
    sql,
    now,
    random: Math.random,
    transports: { smtp: createMailTransport({ sql, renderer, pools, links: LINKS, smtpUrl, now }), ...(webhook && { webhook }) },
    ...more,
  };
  return {
    activities: createDeliveryActivities(deps),
    drain: async (destinationId: string, signal = new AbortController().signal) => drainDestination(deps, destinationId, signal),
    close: async () => {
      pools.close();
      await renderer.close();
    },
  };
};

const COUPON_MAIL = `---
subject: "{{default customer.first_name 'Hello'}}, your code is {{coupon.code}}"
---
<mjml><mj-body><mj-section><mj-column><mj-text>Dear {{customer.first_name}}, use {{coupon.code}}. <a href="{{unsubscribe_url}}">No more</a></mj-text></mj-column></mj-section></mj-body></mjml>
`;

export interface Mailing {
  route: Destination;
  customerId: string;
  /** Plans mails, each to an address of its own where none is given. @returns their ids */
  plan: (count: number, more?: Partial<Omit<PlannedDelivery, 'payload'>> & { payload?: Partial<EmailPayload> }) => Promise<string[]>;
}

let planned = 0;

/** A route, a customer and a published template in a project. */
export const createMailing = async (sql: Sql, projectId: string, config: Partial<SmtpConfig> = {}): Promise<Mailing> => {
  const route = await ensureSmtpRoute(sql, projectId, { from: { name: 'Acme', email: 'shop@acme.example' }, ...config });
  const [customer] = await sql.begin((tx) =>
    upsertCustomers(tx, projectId, [{ sourceId: 'ada', name: 'Ada Lovelace', email: 'ada@example.com' }]),
  );
  const { template } = await sql.begin((tx) => publishTemplate(tx, projectId, 'coupon', COUPON_MAIL));
  const customerId = customer?.id ?? '';
  return {
    route,
    customerId,
    plan: async (count, { payload, ...more } = {}) => {
      const mails = Array.from({ length: count }, (): PlannedDelivery => {
        planned += 1;
        return {
          projectId,
          destinationId: route.id,
          kind: 'email',
          dedupeKey: `mail ${planned}`,
          customerId,
          enrolmentId: null,
          eventId: null,
          priority: 3,
          dueAt: new Date(),
          ...more,
          payload: {
            to: `customer-${planned}@example.com`,
            name: 'Ada Lovelace',
            topic: 'offers',
            template: 'coupon',
            version: template.version,
            data: { customer: { name: 'Ada Lovelace' }, coupon: { code: `CODE-${planned}` } },
            ...payload,
          },
        };
      });
      return (await sql.begin((tx) => planDeliveries(tx, mails))).filter((id) => id !== null);
    },
  };
};

export interface DeliveryState {
  id: string;
  state: string;
  reason: string | null;
  attempts: number;
  retries: number;
  dueAt: Date;
  lease: string | null;
  messageId: string | null;
  to: string;
}

export const deliveryStates = async (sql: Sql, ids: string[]): Promise<DeliveryState[]> => sql<DeliveryState[]>`
  select id, state, reason, attempts, retries, due_at, lease, message_id, payload ->> 'to' as to from delivery
  where id = any(${ids}::text[]) order by id`;
