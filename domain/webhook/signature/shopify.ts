import { z } from 'zod';
import { bodyId, isHmac, MISMATCH, missingHeader, textSecretProblem } from './checks.ts';
import { hexSecret, provider } from './provider.ts';

const SIGNATURE = 'x-shopify-hmac-sha256';

/** Shopify. A post has a webhook id; two posts of one topic for the same change share their event id, which the mapping knows them by. */
export const shopify = provider({
  name: 'shopify',
  title: 'Shopify',
  setup:
    'subscribe to customers/create, orders/paid, orders/updated, checkouts/create and customers_email_marketing_consent/update as JSON at the source’s address. The secret is the app’s client secret, or the one shown under Settings → Notifications → Webhooks.',
  settings: z.strictObject({}),
  secretProblem: textSecretProblem,
  newSecret: hexSecret,
  verify: ({ headers, body }, secrets) => {
    const given = headers[SIGNATURE];
    if (!given) return missingHeader(SIGNATURE);
    if (!isHmac(given, secrets, 'sha256', 'base64', [body])) return MISMATCH;
    return { genuine: true, eventId: headers['x-shopify-webhook-id'] || bodyId(body) };
  },
});
