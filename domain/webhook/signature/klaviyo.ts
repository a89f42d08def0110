import { z } from 'zod';
import {
  bodyId,
  isHmac,
  MISMATCH,
  missingHeader,
  textAt,
  textSecretProblem,
  timeProblem,
  timestampProblem,
  TOLERANCE_S,
} from './checks.ts';
import { hexSecret, provider } from './provider.ts';

const SIGNATURE = 'klaviyo-signature';
const TIMESTAMP = 'klaviyo-timestamp';
const WEBHOOK_ID = 'klaviyo-webhook-id';
/** Klaviyo writes its time as a date of HTTP or in ISO 8601. */
const DATE =
  /^(?:[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT|\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2}))$/;

/** Klaviyo's system webhooks: batches of up to 1000 events, each with an id of its own. The time is signed as it is written. */
export const klaviyo = provider({
  name: 'klaviyo',
  title: 'Klaviyo (system webhooks)',
  setup:
    'Create a webhook under Integrations → Webhooks with the source’s address and a secret key of your own, and choose the topics. The source’s secret is that key.',
  settings: z.strictObject({}),
  secretProblem: textSecretProblem,
  newSecret: hexSecret,
  verify: ({ headers, body }, secrets, _settings, now) => {
    const [given, timestamp] = [headers[SIGNATURE], headers[TIMESTAMP]];
    if (!given) return missingHeader(SIGNATURE);
    if (!timestamp) return missingHeader(TIMESTAMP);
    const late = DATE.test(timestamp)
      ? timeProblem(Date.parse(timestamp), TOLERANCE_S, now)
      : timestampProblem(timestamp, TOLERANCE_S, now);
    if (late) return { genuine: false, reason: late };
    if (!isHmac(given, secrets, 'sha256', 'hex', [body, timestamp])) return MISMATCH;
    const [told, signed] = [headers[WEBHOOK_ID], textAt(body, ['meta', 'klaviyo_webhook_id'])];
    if (told && signed && told !== signed) return { genuine: false, reason: `${WEBHOOK_ID} is not the id that the body names` };
    return { genuine: true, eventId: bodyId(body) };
  },
});
