import { json, marks, unsubscribeHeaders, type WebhookFormat } from './format.ts';

export const sendgridFormat: WebhookFormat = {
  name: 'sendgrid',
  title: 'SendGrid, Mail Send v3',
  setup: 'url https://api.sendgrid.com/v3/mail/send, header authorization: Bearer SG.…',
  body: (message, id) =>
    json({
      personalizations: [
        {
          to: [{ email: message.customer.email, ...(message.customer.name !== null && { name: message.customer.name }) }],
          custom_args: marks(message, id),
        },
      ],
      from: message.from,
      subject: message.subject,
      content: [
        { type: 'text/plain', value: message.text },
        { type: 'text/html', value: message.html },
      ],
      headers: unsubscribeHeaders(message),
      categories: [message.topic, message.journey].filter((each) => each !== null),
    }),
};
