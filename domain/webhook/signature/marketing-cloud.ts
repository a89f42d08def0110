import { z } from 'zod';
import { bytesAsObject } from './body.ts';
import { bodyId, isHmac, MISMATCH, missingHeader, textSecretProblem } from './checks.ts';
import { hexSecret, provider } from './provider.ts';

const SIGNATURE = 'x-sfmc-ens-signature';

/**
 * Salesforce Marketing Cloud's Event Notification Service: batches, signed with the callback's signature key as it stands. When a callback
 * is made, ENS posts an unsigned verification key, and wants a 200 for it; the key is then given back to ENS by hand.
 */
export const marketingCloud = provider({
  name: 'salesforce-marketing-cloud',
  title: 'Salesforce Marketing Cloud (Event Notification Service)',
  setup:
    'Create a callback (POST /platform/v1/ens-callbacks) with the source’s address; its answer has the signatureKey, which is the secret. Its verification key then stands with the source’s refused posts: give it to POST /platform/v1/ens-verify, and subscribe.',
  settings: z.strictObject({}),
  secretProblem: textSecretProblem,
  newSecret: hexSecret,
  verify: ({ headers, body }, secrets) => {
    const given = headers[SIGNATURE];
    if (!given) {
      const key = bytesAsObject(body)?.['verificationKey'];
      if (typeof key !== 'string') return missingHeader(SIGNATURE);
      return {
        genuine: false,
        handshake: true,
        reason: 'this asks to verify the callback: give its verificationKey to /platform/v1/ens-verify',
      };
    }
    return isHmac(given, secrets, 'sha256', 'base64', [body]) ? { genuine: true, eventId: bodyId(body) } : MISMATCH;
  },
});
