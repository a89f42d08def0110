import { z } from 'zod';
import { bodyId, isHmac, MISMATCH, missingHeader, textAt, textSecretProblem, TOLERANCE_S, timestampProblem } from './checks.ts';
import { hexSecret, provider } from './provider.ts';

const SIGNATURE = 'stripe-signature';
/** Stripe signs with two secrets while one is rolled; more are somebody who tries. */
const MOST_SIGNATURES = 20;

/** Stripe: `t=…,v1=…,v1=…`. The key is the whole `whsec_…`, not what it decodes to. Other versions than v1 (v0 of test mode) prove nothing. */
export const stripe = provider({
  name: 'stripe',
  title: 'Stripe',
  setup:
    'Under Developers → Webhooks, add the source’s address as an endpoint and choose the events. The secret is the endpoint’s signing secret, whsec_…',
  settings: z.strictObject({}),
  secretProblem: textSecretProblem,
  newSecret: (random) => `whsec_${hexSecret(random)}`,
  verify: ({ headers, body }, secrets, _settings, now) => {
    const header = headers[SIGNATURE];
    if (!header) return missingHeader(SIGNATURE);
    const parts = header.split(',').map((part) => part.split(/=(.*)/s));
    const valuesOf = (name: string) => parts.flatMap(([key, value]) => (key === name && value ? [value] : []));
    const times = valuesOf('t');
    const [timestamp] = times;
    if (timestamp === undefined || times.length > 1) return { genuine: false, reason: `${SIGNATURE} names not exactly one time, t=…` };
    const late = timestampProblem(timestamp, TOLERANCE_S, now);
    if (late) return { genuine: false, reason: late };
    const genuine = valuesOf('v1')
      .slice(0, MOST_SIGNATURES)
      .some((given) => isHmac(given, secrets, 'sha256', 'hex', [`${timestamp}.`, body]));
    return genuine ? { genuine, eventId: textAt(body, ['id']) ?? bodyId(body) } : MISMATCH;
  },
});
