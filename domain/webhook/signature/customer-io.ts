import { z } from 'zod';
import { bodyId, isHmac, MISMATCH, missingHeader, textAt, textSecretProblem, TOLERANCE_S, timestampProblem } from './checks.ts';
import { hexSecret, provider } from './provider.ts';

const SIGNATURE = 'x-cio-signature';
const TIMESTAMP = 'x-cio-timestamp';

/** Customer.io's reporting webhooks. */
export const customerIo = provider({
  name: 'customer.io',
  title: 'Customer.io (reporting webhooks)',
  setup:
    'Under Integrations → Reporting Webhooks, add the source’s address and choose the events. The secret is the webhook signing key that Customer.io shows there.',
  settings: z.strictObject({}),
  secretProblem: textSecretProblem,
  newSecret: hexSecret,
  verify: ({ headers, body }, secrets, _settings, now) => {
    const [given, timestamp] = [headers[SIGNATURE], headers[TIMESTAMP]];
    if (!given) return missingHeader(SIGNATURE);
    if (!timestamp) return missingHeader(TIMESTAMP);
    const late = timestampProblem(timestamp, TOLERANCE_S, now);
    if (late) return { genuine: false, reason: late };
    if (!isHmac(given, secrets, 'sha256', 'hex', [`v0:${timestamp}:`, body])) return MISMATCH;
    return { genuine: true, eventId: textAt(body, ['event_id']) ?? bodyId(body) };
  },
});
