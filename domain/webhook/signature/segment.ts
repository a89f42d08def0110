import { z } from 'zod';
import { bytesAsJson } from './body.ts';
import { bodyId, isHmac, MISMATCH, missingHeader, textAt, textSecretProblem } from './checks.ts';
import { hexSecret, provider } from './provider.ts';

const SIGNATURE = 'x-signature';

/** Segment. Of a batch it signs the first event only, so that anybody who saw one post could add events to it: batches need a decision. */
export const segment = provider({
  name: 'segment',
  title: 'Segment (webhooks)',
  setup:
    'Add a Webhooks (Actions) destination with the source’s address and a shared secret of your own. Leave batching off, or set accept_batches and restrict the source to Segment’s addresses, since Segment signs only a batch’s first event.',
  settings: z.strictObject({
    accept_batches: z.boolean().default(false).meta({ description: 'Take batches, of which Segment signs the first event only' }),
  }),
  secretProblem: textSecretProblem,
  newSecret: hexSecret,
  verify: ({ headers, body }, secrets, settings) => {
    const given = headers[SIGNATURE];
    if (!given) return missingHeader(SIGNATURE);
    if (isHmac(given, secrets, 'sha1', 'hex', [body])) return { genuine: true, eventId: textAt(body, ['messageId']) ?? bodyId(body) };
    const batch = bytesAsJson(body);
    if (!Array.isArray(batch) || batch.length === 0) return MISMATCH;
    // Segment signs what its JSON.stringify made of the first event, and ours makes the same of it.
    if (!isHmac(given, secrets, 'sha1', 'hex', [JSON.stringify(batch[0])])) return MISMATCH;
    if (settings.accept_batches) return { genuine: true, eventId: bodyId(body) };
    return {
      genuine: false,
      reason: 'this is a batch, of which Segment signs only the first event: switch batching off in Segment, or set accept_batches',
    };
  },
});
