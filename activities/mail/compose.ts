import type { SendMailOptions } from 'nodemailer';
import type { EmailPayload } from '../../db/deliveries.ts';
import type { SmtpConfig } from '../../db/destinations.ts';
import { EVERY_TOPIC, TRANSACTIONAL } from '../../db/suppressions.ts';
import { headerText } from '../../domain/mail-header.ts';
import { signUnsubscription } from '../../domain/unsubscribe-token.ts';
import type { Rendered } from './render.ts';

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
export const messageIdOf = (deliveryId: string, { from }: SmtpConfig): string =>
  `<${deliveryId}@${from.email.split('@').at(-1) ?? 'localhost'}>`;

const unsubscribeUrl = ({ delivery, payload }: Mail, { publicUrl, key }: MailLinks): string | null => {
  if (delivery.customerId === null) return null;
  const topic = payload.topic === TRANSACTIONAL ? EVERY_TOPIC : payload.topic;
  const token = signUnsubscription(key, { projectId: delivery.projectId, customerId: delivery.customerId, topic, deliveryId: delivery.id });
  return `${publicUrl}/u/${token}`;
};

/** What a template's variables stand for: what was planned, and what only the sender knows. */
export const mailData = (mail: Mail & { config: SmtpConfig; links: MailLinks; currency: string }): Record<string, unknown> => {
  const { payload, config, links, currency } = mail;
  const {
    customer = {},
    coupon = {},
    coupons = {},
    event = {},
    journey = {},
    data = {},
    now = null,
  } = payload.data as Partial<Record<string, unknown>>;
  return {
    customer: withFirstName(customer as Record<string, unknown>, payload),
    coupon,
    coupons,
    event,
    journey,
    data,
    now,
    currency,
    sender: config.from,
    unsubscribe_url: unsubscribeUrl(mail, links),
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

/** The mail for the wire. Names and subjects are one line each, whatever a customer is called. */
export const composeMail = (mail: Mail & { rendered: Rendered; config: SmtpConfig; links: MailLinks; date: Date }): SendMailOptions => {
  const { delivery, payload, rendered, config, links, date } = mail;
  const url = payload.topic === TRANSACTIONAL ? null : unsubscribeUrl(mail, links);
  return {
    from: { name: headerText(config.from.name), address: config.from.email },
    replyTo: config.reply_to,
    to: { name: headerText(payload.name ?? ''), address: payload.to },
    envelope: { from: config.from.email, to: [payload.to] },
    messageId: messageIdOf(delivery.id, config),
    date,
    subject: headerText(rendered.subject),
    html: rendered.html,
    text: rendered.text,
    headers:
      url === null
        ? {}
        : { 'List-Unsubscribe': { prepared: true, value: `<${url}>` }, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
  };
};
