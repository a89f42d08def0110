import { createHash } from 'node:crypto';
import { domainToASCII } from 'node:url';
import { encodeWords, foldLines } from 'nodemailer/lib/mime-funcs';

/** Who a mail is from and to, and what else stands in its header. Every value is one line. */
export interface MailHeaders {
  from: { name: string; address: string };
  replyTo: string | null;
  to: { name: string; address: string };
  /** With its angle brackets. */
  messageId: string;
  /** ISO 8601 */
  date: string;
  /** For one-click unsubscribing (RFC 8058); null where the mail has no such link. */
  unsubscribeUrl: string | null;
}

const ASCII_LINES = /^[\t\n\r -~]*$/;
/** RFC 5322 allows 998. */
const LONGEST_LINE = 990;
const HEADER_LINE = 76;

/**
 * The mail as it goes on the wire: text and HTML as alternatives. ASCII goes as it is, anything else in base64, which no server on the
 * way alters.
 */
export const mimeMessage = (headers: MailHeaders, { subject, html, text }: { subject: string; html: string; text: string }): Buffer => {
  const boundary = `=_${createHash('sha256').update(headers.messageId).digest('hex').slice(0, 32)}`;
  const lines = [
    `From: ${mailbox(headers.from)}`,
    `To: ${mailbox(headers.to)}`,
    ...(headers.replyTo === null ? [] : [`Reply-To: ${mailbox({ name: '', address: headers.replyTo })}`]),
    `Subject: ${encodeWords(subject, 'Q', 52, true)}`,
    `Message-ID: ${headers.messageId}`,
    `Date: ${new Date(headers.date).toUTCString().replace('GMT', '+0000')}`,
    'MIME-Version: 1.0',
    `Content-Type: multipart/alternative; boundary="${boundary}"`,
  ].map((line) => foldLines(line, HEADER_LINE));
  // A fold in the middle of an address would break the link, and these programs read long lines.
  if (headers.unsubscribeUrl !== null)
    lines.push(`List-Unsubscribe: <${headers.unsubscribeUrl}>`, 'List-Unsubscribe-Post: List-Unsubscribe=One-Click');
  const parts = [part('plain', text), part('html', html)].map((body) => `--${boundary}\r\n${body}\r\n`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${parts.join('')}--${boundary}--\r\n`, 'latin1');
};

const mailbox = ({ name, address }: { name: string; address: string }): string => {
  const at = address.lastIndexOf('@');
  const ascii = `${address.slice(0, at)}@${domainToASCII(address.slice(at + 1)) || address.slice(at + 1)}`;
  if (name === '') return ascii;
  const phrase =
    ASCII_LINES.test(name) && !name.includes('=?') ? `"${name.replaceAll(/["\\]/g, '\\$&')}"` : encodeWords(name, 'Q', 52, true);
  return `${phrase} <${ascii}>`;
};

const part = (subtype: 'plain' | 'html', body: string): string => {
  const crlf = body.replaceAll(/\r\n|\r|\n/g, '\r\n');
  const plain = ASCII_LINES.test(crlf) && crlf.split('\r\n').every((line) => line.length <= LONGEST_LINE);
  const encoded = plain ? crlf : Buffer.from(crlf.toWellFormed()).toString('base64').replaceAll(/.{76}/g, '$&\r\n');
  return `Content-Type: text/${subtype}; charset=utf-8\r\nContent-Transfer-Encoding: ${plain ? '7bit' : 'base64'}\r\n\r\n${encoded}`;
};
