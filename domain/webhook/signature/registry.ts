import { parsePayload } from '../payload.ts';
import { customerIo } from './customer-io.ts';
import { generic } from './generic.ts';
import { github } from './github.ts';
import { hubspot } from './hubspot.ts';
import { klaviyo } from './klaviyo.ts';
import { mailgun } from './mailgun.ts';
import { marketingCloud } from './marketing-cloud.ts';
import { postmark } from './postmark.ts';
import type { WebhookProvider } from './provider.ts';
import { salesforce } from './salesforce.ts';
import { segment } from './segment.ts';
import { sendgrid } from './sendgrid.ts';
import { shopify } from './shopify.ts';
import { sns } from './sns.ts';
import { standardWebhooks } from './standard-webhooks.ts';
import { stripe } from './stripe.ts';

/** Every kind of sender that is understood. A new one is a file and a line here. */
export const providers: WebhookProvider[] = [
  standardWebhooks,
  generic,
  hubspot,
  shopify,
  segment,
  klaviyo,
  customerIo,
  stripe,
  github,
  salesforce,
  marketingCloud,
  sendgrid,
  mailgun,
  postmark,
  sns,
];

export const providerNames = providers.map((provider) => provider.name);

/** Throws for a name that the source's schema would have refused. */
export const providerNamed = (name: string): WebhookProvider => {
  const found = providers.find((provider) => provider.name === name);
  if (!found) throw new Error(`no webhook provider is called ${name}`);
  return found;
};

/** What a post of this provider's says, as mappings see it. Throws an Error that says what is wrong with the body. */
export const payloadOf = (name: string, body: Uint8Array): unknown => (providerNamed(name).payload ?? parsePayload)(body);
