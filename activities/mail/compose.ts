import type { EmailPayload } from '../../db/delivery/deliveries.ts';
import type { SmtpConfig } from '../../db/delivery/destinations.ts';
import { EVERY_TOPIC, TRANSACTIONAL } from '../../db/delivery/suppressions.ts';
import { headerText } from '../../domain/delivery/mail-header.ts';
import { signUnsubscription } from '../../domain/delivery/unsubscribe-token.ts';
import type { MailHeaders } from './mime.ts';

/** What links in mails are made with. */
export interface MailLinks {
  /** Where customers reach this installation, without a slash at the end. */
  publicUrl: string;
  /** Signs unsubscribe links. */
  key: Buffer;
}

/** A mail as far as its links and headers need to know it. */
export interface Mail {
  delivery: { projectId: string; id: string; customerId: string | null };
  payload: EmailPayload;
}

/** The same for every attempt, so that a mail that did go out twice is one mail to those who look. */
const messageIdOf = (deliveryId: string, { from }: SmtpConfig): string => `<${deliveryId}@${from.email.split('@').at(-1) ?? 'localhost'}>`;

/** Where the mail's reader leaves; null where nobody is known to leave. */
export const unsubscribeUrl = ({ delivery, payload }: Mail, { publicUrl, key }: MailLinks): string | null => {
  if (delivery.customerId === null) return null;
  const topic = payload.topic === TRANSACTIONAL ? EVERY_TOPIC : payload.topic;
  const token = signUnsubscription(key, { projectId: delivery.projectId, customerId: delivery.customerId, topic, deliveryId: delivery.id });
  return `${publicUrl}/u/${token}`;
};

/** What a template's variables stand for: what was planned, and what only the sender knows. */
export const mailData = ({
  payload,
  config,
  url,
  currency,
}: {
  payload: EmailPayload;
  config: SmtpConfig;
  url: string | null;
  currency: string;
}): Record<string, unknown> => {
  const {
    customer = {},
    coupon = {},
    coupons = {},
    answer = {},
    event = {},
    journey = {},
    data = {},
    now = null,
  } = payload.data as Partial<Record<string, unknown>>;
  return {
    customer: withFirstName(customer as Record<string, unknown>, payload),
    coupon,
    coupons,
    answer,
    event,
    journey,
    data,
    now,
    currency,
    sender: config.from,
    unsubscribe_url: url,
  };
};

/** A CRM says some of these, and a template may ask for any: what is not known is null, which prints nothing. */
const UNKNOWN_CUSTOMER = {
  id: null,
  source_id: null,
  name: null,
  email: null,
  phone: null,
  timezone: null,
  locale: null,
  description: null,
};

const withFirstName = (customer: Record<string, unknown>, { to, name }: EmailPayload): Record<string, unknown> => {
  const metadata = (customer['metadata'] ?? {}) as Record<string, unknown>;
  const full = customer['name'] ?? name;
  const first = customer['first_name'] ?? metadata['first_name'] ?? (typeof full === 'string' ? full.trim().split(/\s+/)[0] || null : null);
  return { ...UNKNOWN_CUSTOMER, email: to, name, ...customer, metadata, first_name: first };
};

/** A mail's header. Names are one line each, whatever a customer is called. */
export const mailHeaders = ({
  delivery,
  payload,
  config,
  url,
  date,
}: Mail & { config: SmtpConfig; url: string | null; date: Date }): MailHeaders => ({
  from: { name: headerText(config.from.name), address: config.from.email },
  replyTo: config.reply_to ?? null,
  to: { name: headerText(payload.name ?? ''), address: payload.to },
  messageId: messageIdOf(delivery.id, config),
  date: date.toISOString(),
  unsubscribeUrl: payload.topic === TRANSACTIONAL ? null : url,
});
