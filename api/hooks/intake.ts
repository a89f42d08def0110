import { createHash } from 'node:crypto';
import { createGatherer } from '../../activities/checkout/gather.ts';
import type { Sql } from '../../db/client.ts';
import { storeInboundEvents, type NewInboundEvent, type Stored } from '../../db/source/inbound-events.ts';
import { withRetries } from '../../db/delivery/retries.ts';
import type { SecretBox } from '../../db/secret-box.ts';
import { DomainError } from '../../domain/errors.ts';
import { isWithinNets } from '../../domain/delivery/web-address.ts';
import { keptHeaders } from '../../domain/webhook/headers.ts';
import { createSharedBuckets } from '../http/shared-buckets.ts';
import { createCertificates, type Fetcher } from './certificates.ts';
import type { ArrivedPost } from './arrived-post.ts';
import { createKnownSources, type KnownSource } from './known-sources.ts';
import { createRefusals } from './refusals.ts';

export interface IntakeDeps {
  sql: Sql;
  box: SecretBox;
  now: () => Date;
  /** Gets certificates, and confirms subscriptions. */
  fetcher: Fetcher;
}

/** What a sender is told of its post. */
export interface Received {
  id: string | null;
  duplicate: boolean;
  /** What this sender wants to read instead. */
  acknowledgement?: { contentType: string; text: string };
}

/** The source takes no more for now. */
export class TooManyPosts extends DomainError {
  readonly retryAfterS: number;
  constructor(retryAfterS: number) {
    super('too_many_requests', 'This source takes no more posts at this moment. Send it again.', { details: `in ${retryAfterS} s` });
    this.retryAfterS = retryAfterS;
  }
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

/** Event ids are keys of an index; one that is longer than any provider's is kept by its hash, and one that Postgres cannot keep too. */
const asKey = (eventId: string): string =>
  eventId.length <= LONGEST_EVENT_ID && eventId.isWellFormed() && !eventId.includes('\0')
    ? eventId
    : `sha256:${createHash('sha256').update(eventId).digest('hex')}`;

type Proof = { eventId: string } | { handshake: string };

/** Takes posts of sources: proves and stores them. Posts that wait together are stored by one statement. */
export const createIntake = ({ sql, box, now, fetcher }: IntakeDeps) => {
  const sources = createKnownSources(sql, box, createCertificates(fetcher));
  const buckets = createSharedBuckets(sql);
  const refusals = createRefusals(sql, now);
  const run = (_group: string, posts: NewInboundEvent[]): Promise<Stored[]> => withRetries(() => storeInboundEvents(sql, posts));
  const small = createGatherer({ inFlight: 2, size: 250, run });
  // Apart, so that a set stays within some megabytes of memory.
  const large = createGatherer({ inFlight: 2, size: 8, run });

  /** @throws DomainError why the source does not take this post */
  const proofOf = async (known: KnownSource, post: ArrivedPost): Promise<Proof> => {
    const { source } = known;
    const resource = { id: source.id, type: 'source' };
    if (source.allowedNets.length > 0 && !isWithinNets(post.address, source.allowedNets)) {
      const details = `${post.address} is none of the addresses that may post`;
      throw new DomainError('forbidden', 'This source takes no posts from there.', { details, resource });
    }
    if (source.maxBytes !== null && post.body.length > source.maxBytes)
      throw new DomainError('payload_too_large', `The body is larger than ${source.maxBytes} bytes.`, { resource });
    const proof = await known.prove(post, now());
    if (proof.genuine) return { eventId: asKey(proof.eventId) };
    if (proof.handshake) return { handshake: proof.reason };
    throw new DomainError('invalid_signature', 'The signature of this webhook is not valid', { details: proof.reason, resource });
  };

  const prove = async (sourceId: string, post: ArrivedPost, fresh: boolean): Promise<{ known: KnownSource; proof: Proof }> => {
    const known = await sources.find(sourceId, fresh);
    if (!known) throw unknownSource(sourceId);
    try {
      return { known, proof: await proofOf(known, post) };
    } catch (error) {
      // What is remembered may be older than the secret that signed.
      if (!fresh && error instanceof DomainError && error.key !== 'service_unavailable') return prove(sourceId, post, true);
      if (error instanceof DomainError) await refusals.keep(known, post, error.details);
      throw error;
    }
  };

  /** @throws TooManyPosts */
  const count = async (sourceId: string, ratePerSecond: number): Promise<void> => {
    const bucket = { name: `source_posts ${sourceId}`, count: ratePerSecond, windowMs: 1_000 };
    for (let unsure = buckets.unsure([bucket]); unsure !== null; unsure = buckets.unsure([bucket])) await unsure;
    const { admitted, waitMs } = buckets.use(bucket);
    if (!admitted) throw new TooManyPosts(Math.ceil(waitMs / 1_000));
  };

  const confirm = async (known: KnownSource, post: ArrivedPost): Promise<void> => {
    const url = known.provider.confirmationUrl?.(post) ?? null;
    if (url === null) return;
    const answer = await fetcher.get(new URL(url));
    if (!('failure' in answer) && answer.status >= 200 && answer.status < 300) return;
    const why = 'failure' in answer ? answer.failure : `it answered ${answer.status}`;
    throw new DomainError('service_unavailable', 'The subscription cannot be confirmed.', { details: why });
  };

  /**
   * Throws DomainError resource_not_found for an unknown or inactive source, forbidden, payload_too_large, invalid_signature,
   * too_many_requests, service_unavailable where a certificate cannot be fetched, multiple_requests where the source changes all the time.
   */
  return async (sourceId: string, post: ArrivedPost): Promise<Received> => {
    for (let proofs = 0; proofs < MOST_PROOFS; proofs++) {
      const { known, proof } = await prove(sourceId, post, proofs > 0);
      const { source } = known;
      if ('handshake' in proof) {
        await refusals.keep(known, post, proof.handshake);
        return { id: null, duplicate: false };
      }
      // Only what is genuine counts, so that nobody else can use up what the sender may send.
      if (source.ratePerSecond !== null && proofs === 0) await count(source.id, source.ratePerSecond);
      await confirm(known, post);
      const headers = keptHeaders(post.headers as Record<string, string>, known.credentialHeaders);
      const row = { sourceId, sourceRevision: source.revision, providerEventId: proof.eventId, headers, body: post.body };
      const stored = await (post.body.length > LARGE_BYTES ? large : small).add('', row);
      if (stored !== 'stale')
        return { ...stored, ...(known.provider.acknowledgement && { acknowledgement: known.provider.acknowledgement }) };
    }
    throw new DomainError('multiple_requests', 'This source is being changed at this moment. Send it again.');
  };
};
