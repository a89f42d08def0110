import { generic } from './generic.ts';
import type { WebhookProvider } from './provider.ts';
import { standardWebhooks } from './standard-webhooks.ts';

/** Every kind of sender that is understood. A new one is a file and a line here. */
export const providers: WebhookProvider[] = [standardWebhooks, generic];

export const providerNames = providers.map((provider) => provider.name);

/** Throws for a name that the source's schema would have refused. */
export const providerNamed = (name: string): WebhookProvider => {
  const found = providers.find((provider) => provider.name === name);
  if (!found) throw new Error(`no webhook provider is called ${name}`);
  return found;
};
