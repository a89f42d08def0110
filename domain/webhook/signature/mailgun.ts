import { z } from 'zod';
import { bytesAsObject } from './body.ts';
import { isHmac, MISMATCH, textSecretProblem, timestampProblem } from './checks.ts';
import { hexSecret, provider } from './provider.ts';

const TOLERANCE_S = 3600;

const signature = z.object({
  timestamp: z.union([z.string(), z.int()]).transform(String),
  token: z.string().min(1).max(255),
  signature: z.string().min(1).max(255),
});

/**
 * Mailgun signs a time and a token that it uses once, not the body: whoever has a signature can put any body under it. So each token is
 * taken once, and a second post with it is a duplicate, whatever it says.
 */
export const mailgun = provider({
  name: 'mailgun',
  title: 'Mailgun',
  setup:
    'Under Sending → Webhooks, add the source’s address for each event. The secret is the HTTP webhook signing key, under API security.',
  settings: z.strictObject({}),
  secretProblem: textSecretProblem,
  newSecret: hexSecret,
  verify: ({ body }, secrets, _settings, now) => {
    const found = signature.safeParse(bytesAsObject(body)?.['signature']);
    if (!found.success) return { genuine: false, reason: 'the body has no signature with timestamp, token and signature' };
    const { timestamp, token, signature: given } = found.data;
    const late = timestampProblem(timestamp, TOLERANCE_S, now);
    if (late) return { genuine: false, reason: late };
    return isHmac(given, secrets, 'sha256', 'hex', [timestamp, token]) ? { genuine: true, eventId: token } : MISMATCH;
  },
});
