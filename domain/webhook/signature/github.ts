import { z } from 'zod';
import { bodyId, isHmac, MISMATCH, missingHeader, textSecretProblem } from './checks.ts';
import { hexSecret, provider } from './provider.ts';

const SIGNATURE = 'x-hub-signature-256';
const PREFIX = 'sha256=';

/** GitHub. The older header X-Hub-Signature (SHA-1) is not looked at. */
export const github = provider({
  name: 'github',
  title: 'GitHub',
  setup: 'Add a webhook with the source’s address, the content type application/json and the source’s secret.',
  settings: z.strictObject({}),
  secretProblem: textSecretProblem,
  newSecret: hexSecret,
  verify: ({ headers, body }, secrets) => {
    const given = headers[SIGNATURE];
    if (!given) return missingHeader(SIGNATURE);
    if (!given.startsWith(PREFIX)) return { genuine: false, reason: `${SIGNATURE} does not start with ${PREFIX}` };
    if (!isHmac(given.slice(PREFIX.length), secrets, 'sha256', 'hex', [body])) return MISMATCH;
    return { genuine: true, eventId: headers['x-github-delivery'] || bodyId(body) };
  },
});
