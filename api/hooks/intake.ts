import { createHash } from 'node:crypto';
import { createGatherer } from '../../activities/gather.ts';
import type { Sql } from '../../db/client.ts';
import { storeInboundEvents, type NewInboundEvent, type Stored } from '../../db/inbound-events.ts';
import { withRetries } from '../../db/retries.ts';
import type { SecretBox } from '../../db/secret-box.ts';
import { DomainError } from '../../domain/errors.ts';
import { keptHeaders } from '../../domain/webhook-headers.ts';
import type { SignedPost } from '../../domain/webhook-signature/provider.ts';
import { createKnownSources, type KnownSource } from './known-sources.ts';

export interface IntakeDeps {
  sql: Sql;
  box: SecretBox;
  now: () => Date;
}

/** What a sender is told of its post. */
export interface Received {
  id: string;
  duplicate: boolean;
}

const LARGE_BYTES = 64 * 1024;
const LONGEST_EVENT_ID = 255;
/** A source that changes more often than this while a post is proved is changed by a machine. */
const MOST_PROOFS = 5;

const unknownSource = (id: string) =>
  new DomainError('resource_not_found', 'There is no such source', {
    details: `Nothing takes webhooks at this address: no active source has the id ${id}`,
    resource: { id, type: 'source' },
  });

/** Event ids are keys of an index; one that is longer than any provider's is kept by its hash. */
const asKey = (eventId: string): string =>
  eventId.length <= LONGEST_EVENT_ID ? eventId : `sha256:${createHash('sha256').update(eventId).digest('hex')}`;

/** Takes posts of sources: proves and stores them. Posts that wait together are stored by one statement. */
export const createIntake = ({ sql, box, now }: IntakeDeps) => {
  const sources = createKnownSources(sql, box);
  const run = (_group: string, posts: NewInboundEvent[]): Promise<Stored[]> => withRetries(() => storeInboundEvents(sql, posts));
  const small = createGatherer({ inFlight: 2, size: 250, run });
  // Apart, so that a set stays within some megabytes of memory.
  const large = createGatherer({ inFlight: 2, size: 8, run });

  const prove = async (sourceId: string, post: SignedPost, fresh: boolean): Promise<{ known: KnownSource; eventId: string }> => {
    const known = await sources.find(sourceId, fresh);
    if (!known) throw unknownSource(sourceId);
    const proof = known.prove(post, now());
    if (proof.genuine) return { known, eventId: asKey(proof.eventId) };
    // What is remembered may be older than the secret that signed.
    if (!fresh) return prove(sourceId, post, true);
    throw new DomainError('invalid_signature', 'The signature of this webhook is not valid', {
      details: proof.reason,
      resource: { id: sourceId, type: 'source' },
    });
  };

  /**
   * Throws DomainError resource_not_found for an unknown or inactive source, invalid_signature, multiple_requests where the
   * source changes all the time.
   */
  return async (sourceId: string, post: SignedPost): Promise<Received> => {
    for (let proofs = 0; proofs < MOST_PROOFS; proofs++) {
      const { known, eventId } = await prove(sourceId, post, proofs > 0);
      const headers = keptHeaders(post.headers as Record<string, string>);
      const row = { sourceId, sourceRevision: known.source.revision, providerEventId: eventId, headers, body: post.body };
      const stored = await (post.body.length > LARGE_BYTES ? large : small).add('', row);
      if (stored !== 'stale') return stored;
    }
    throw new DomainError('multiple_requests', 'This source is being changed at this moment. Send it again.');
  };
};
