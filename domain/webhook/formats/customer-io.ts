import { json, mailbox, marks, unsubscribeHeaders, type WebhookFormat } from './format.ts';

export const customerIoFormat: WebhookFormat = {
  name: 'customer.io',
  title: 'Customer.io, transactional email',
  setup: 'url https://api.customer.io/v1/send/email, header authorization: Bearer <app API key>',
  body: (message, id) =>
    json({
      to: message.customer.email,
      from: message.from === null ? undefined : mailbox(message.from.email, message.from.name),
      subject: message.subject,
      body: message.html,
      body_plain: message.text,
      identifiers: message.customer.source_id === null ? { email: message.customer.email } : { id: message.customer.source_id },
      message_data: { ...message.metadata, ...marks(message, id), expires_at: message.expires_at },
      headers: unsubscribeHeaders(message),
    }),
};
