import type { RenderedMessage } from '../../delivery/rendered-message.ts';

/** A request's body as an email system's API takes it. */
export interface FormattedBody {
  contentType: string;
  text: string;
}

/** How the API of one email system wants to be told of a mail: one to a file, collected in registry.ts. */
export interface WebhookFormat {
  name: string;
  title: string;
  /** Where its API is, and how it wants to be authenticated. */
  setup: string;
  /** @param id the webhook's, the same in every attempt */
  body: (message: RenderedMessage, id: string) => FormattedBody;
}

export const json = (value: unknown): FormattedBody => ({ contentType: 'application/json', text: JSON.stringify(value) });

/** What mail programs show an unsubscribe button for (RFC 8058). */
export const unsubscribeHeaders = ({ unsubscribe_url: url }: RenderedMessage): Record<string, string> =>
  url === null ? {} : { 'List-Unsubscribe': `<${url}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' };

/** What finds the mail again in the email system, without its empty fields. */
export const marks = (message: RenderedMessage, id: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries({
      webhook_id: id,
      customer_id: message.customer.id,
      source_id: message.customer.source_id,
      code: message.code,
      journey: message.journey,
      step: message.step,
    }).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );

/** `Ada Lovelace <ada@example.com>`, with a name that can break nothing. */
export const mailbox = (email: string, name: string | null): string => {
  const quoted = (name ?? '').replaceAll(/[\r\n]+/g, ' ').replaceAll(/["\\]/g, (character) => `\\${character}`);
  return quoted.trim() === '' ? email : `"${quoted}" <${email}>`;
};
