import { mailbox, marks, unsubscribeHeaders, type WebhookFormat } from './format.ts';

/** Mailgun takes a form, not JSON. */
export const mailgunFormat: WebhookFormat = {
  name: 'mailgun',
  title: 'Mailgun, Messages API',
  setup: 'url https://api.mailgun.net/v3/<your domain>/messages, header authorization: Basic base64(api:<key>)',
  body: (message, id) => {
    const form = new URLSearchParams({
      from: message.from === null ? '' : mailbox(message.from.email, message.from.name),
      to: mailbox(message.customer.email ?? '', message.customer.name),
      subject: message.subject,
      text: message.text,
      html: message.html,
    });
    for (const [name, value] of Object.entries(unsubscribeHeaders(message))) form.set(`h:${name}`, value);
    for (const tag of [message.topic, message.journey]) if (tag !== null) form.append('o:tag', tag);
    for (const [name, value] of Object.entries(marks(message, id))) form.set(`v:${name}`, value);
    return { contentType: 'application/x-www-form-urlencoded', text: form.toString() };
  },
};
