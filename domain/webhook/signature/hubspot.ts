import { z } from 'zod';
import { bodyId, isHmac, MISMATCH, missingHeader, textSecretProblem, TOLERANCE_S, timestampProblem } from './checks.ts';
import { hexSecret, provider } from './provider.ts';

const SIGNATURE = 'x-hubspot-signature-v3';
const TIMESTAMP = 'x-hubspot-request-timestamp';

/** HubSpot's signature v3: method, the whole address, body and time. A post is a batch without an id, whose events the mapping tells apart. */
export const hubspot = provider({
  name: 'hubspot',
  title: 'HubSpot (signature v3)',
  setup:
    'In the app under Webhooks, set the target URL to the source’s address and subscribe to contact events. The secret is the app’s client secret, under Auth. COUPONRY_PUBLIC_URL must be the address that HubSpot posts to, since it is signed.',
  settings: z.strictObject({}),
  secretProblem: textSecretProblem,
  newSecret: hexSecret,
  verify: ({ method, url, headers, body }, secrets, _settings, now) => {
    const [given, timestamp] = [headers[SIGNATURE], headers[TIMESTAMP]];
    if (!given) return missingHeader(SIGNATURE);
    if (!timestamp) return missingHeader(TIMESTAMP);
    const late = timestampProblem(timestamp, TOLERANCE_S, now, 'ms');
    if (late) return { genuine: false, reason: late };
    const genuine = isHmac(given, secrets, 'sha256', 'base64', [method, url, body, timestamp]);
    return genuine ? { genuine, eventId: bodyId(body) } : MISMATCH;
  },
});
