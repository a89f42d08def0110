import { customerIoFormat } from './customer-io.ts';
import type { WebhookFormat } from './format.ts';
import { mailgunFormat } from './mailgun.ts';
import { postmarkFormat } from './postmark.ts';
import { sendgridFormat } from './sendgrid.ts';
import { sesFormat } from './ses.ts';

/** The event whose data is a rendered mail: the only one that these shapes can tell. */
export const RENDERED_EVENT = 'coupon.rendered';

/** Every email system whose API an endpoint can speak. A new one is a file and a line here. */
export const webhookFormats: WebhookFormat[] = [sendgridFormat, postmarkFormat, mailgunFormat, sesFormat, customerIoFormat];

/** Null: our own shape. */
export const webhookFormatNamed = (name: string | null | undefined): WebhookFormat | null =>
  webhookFormats.find((format) => format.name === name) ?? null;
