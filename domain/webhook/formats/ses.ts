import { json, mailbox, marks, unsubscribeHeaders, type WebhookFormat } from './format.ts';

/** What a tag of SES may hold. */
const tagText = (value: string): string => value.replaceAll(/[^A-Za-z0-9_.@-]/g, '_').slice(0, 256);

export const sesFormat: WebhookFormat = {
  name: 'ses',
  title: 'Amazon SES v2, SendEmail',
  setup:
    'url https://email.<region>.amazonaws.com/v2/email/outbound-emails, aws: the access key of a user who may ses:SendEmail, and the region',
  body: (message, id) =>
    json({
      FromEmailAddress: message.from === null ? undefined : mailbox(message.from.email, message.from.name),
      Destination: { ToAddresses: [mailbox(message.customer.email ?? '', message.customer.name)] },
      Content: {
        Simple: {
          Subject: { Data: message.subject, Charset: 'UTF-8' },
          Body: { Text: { Data: message.text, Charset: 'UTF-8' }, Html: { Data: message.html, Charset: 'UTF-8' } },
          Headers: Object.entries(unsubscribeHeaders(message)).map(([Name, Value]) => ({ Name, Value })),
        },
      },
      EmailTags: Object.entries(marks(message, id)).map(([Name, Value]) => ({ Name, Value: tagText(Value) })),
    }),
};
