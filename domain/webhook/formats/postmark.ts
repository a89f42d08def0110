import { json, mailbox, marks, unsubscribeHeaders, type WebhookFormat } from './format.ts';

export const postmarkFormat: WebhookFormat = {
  name: 'postmark',
  title: 'Postmark, Email API',
  setup: 'url https://api.postmarkapp.com/email, header x-postmark-server-token: …',
  body: (message, id) =>
    json({
      From: message.from === null ? undefined : mailbox(message.from.email, message.from.name),
      To: mailbox(message.customer.email ?? '', message.customer.name),
      Subject: message.subject,
      HtmlBody: message.html,
      TextBody: message.text,
      Tag: message.journey ?? message.topic ?? undefined,
      Headers: Object.entries(unsubscribeHeaders(message)).map(([Name, Value]) => ({ Name, Value })),
      Metadata: marks(message, id),
    }),
};
