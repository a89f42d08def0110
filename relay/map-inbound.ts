import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Sql, Tx } from '../db/client.ts';
import { findAddressees } from '../db/customer/addresses.ts';
import { upsertCustomers } from '../db/customer/customers.ts';
import { findRecorded, recordEvents } from '../db/event/events.ts';
import { takeWaiting, writeMapped, type InboundEvent, type Mapped } from '../db/source/inbound-events.ts';
import { lockWaitingSource, type Source } from '../db/source/sources.ts';
import { suppressAll, type Suppression } from '../db/delivery/suppressions.ts';
import { compileMapping, dedupeKeyOf, MappingError, type MappedEvent, type Mapping } from '../domain/mapping/mapping.ts';
import type { MappingDefinition } from '../domain/mapping/definition.ts';
import { payloadOf } from '../domain/webhook/signature/registry.ts';
import { createBatchSize } from './batch-size.ts';
import { isTransient, reasonOf } from './failure.ts';
import type { Turn } from './stage.ts';

export interface MapInboundDeps {
  sql: Sql;
  now: () => Date;
  log: Logger;
}

const MOST_POSTS = 500;
/** So many at once are a crowd: resting a little lets the next set be larger, which costs less for each. */
const CROWD = 16;
const REST_MS = 20;

/** A mapped event of a source, with the key that makes it the same when it comes again. */
type Keyed = MappedEvent & { dedupeKey: string };

/** The stage that makes events of what sources posted: per source, in the order of arrival, a set in one transaction. */
export const createMapInbound = ({ sql, now, log }: MapInboundDeps, mapped: () => void): (() => Promise<Turn>) => {
  const mappings = new LRUCache<string, Mapping>({ max: 200 });
  const size = createBatchSize(MOST_POSTS);
  let lastServed = '';

  const mappingOf = (source: Source): Mapping => {
    const key = `${source.id} ${source.revision}`;
    const known = mappings.get(key);
    if (known) return known;
    const compiled = compileMapping(source.mapping as MappingDefinition);
    mappings.set(key, compiled);
    return compiled;
  };

  const read = (source: Source, post: InboundEvent): { outcome: Mapped; events: Keyed[] } => {
    const facts = { providerEventId: post.providerEventId, headers: post.headers, receivedAt: post.receivedAt };
    try {
      const events = mappingOf(source).map(payloadOf(source.provider, post.body), facts);
      const keyed = events.map((event) => ({ ...event, dedupeKey: dedupeKeyOf(source.id, event) }));
      const ignored = events.length === 0;
      return {
        outcome: { id: post.id, status: ignored ? 'ignored' : 'mapped', error: ignored ? 'the mapping passes it over' : null },
        events: keyed,
      };
    } catch (error) {
      if (!(error instanceof MappingError)) log.info({ err: error, inboundEvent: post.id }, 'a payload could not be read');
      return { outcome: { id: post.id, status: 'unmapped', error: reasonOf(error) }, events: [] };
    }
  };

  const record = async (tx: Tx, projectId: string, events: Keyed[]): Promise<void> => {
    // What is known already changes nothing: a replayed payload must not bring back what a customer was then.
    const known = await findRecorded(
      tx,
      projectId,
      events.map((event) => event.dedupeKey),
    );
    const fresh = events.filter(({ dedupeKey }) => !known.has(dedupeKey) && known.add(dedupeKey));
    const customers = await upsertCustomers(
      tx,
      projectId,
      fresh.flatMap((event) => event.customer ?? []),
      now(),
    );
    const bySourceId = new Map(customers.map((customer) => [customer.sourceId, customer]));
    const byAddress = await findAddressees(
      tx,
      projectId,
      fresh.flatMap((event) => event.email ?? []),
    );
    const told = fresh.map((event) => {
      const customer = event.customer && bySourceId.get(event.customer.sourceId);
      const email = event.suppression?.email ?? customer?.email ?? null;
      return { event, subject: customer ?? byAddress.get(event.email?.toLowerCase() ?? '') ?? null, email };
    });
    const suppressions = told.flatMap(({ event: { suppression }, email }): Suppression[] =>
      suppression === null || email === null ? [] : [{ ...suppression, email }],
    );
    await suppressAll(tx, projectId, suppressions, now());
    await recordEvents(
      tx,
      told.map(({ event, subject }) => ({
        projectId,
        type: event.type,
        customerId: subject?.id ?? null,
        data: event.data,
        dedupeKey: event.dedupeKey,
        // In the customer's time, which a sandbox may have forwarded.
        occurredAt: new Date(event.occurredAt.getTime() + (subject?.clockOffsetMs ?? 0)),
      })),
    );
  };

  /** @returns how many posts were mapped, null where no source waits */
  const mapSome = (taken: { posts: InboundEvent[] }): Promise<number | null> =>
    sql.begin(async (tx) => {
      const source = await lockWaitingSource(tx, lastServed);
      if (!source) return null;
      lastServed = source.id;
      const posts = await takeWaiting(tx, source.id, size.current);
      taken.posts = posts;
      const results = posts.map((post) => read(source, post));
      const events = results.flatMap((result) => result.events);
      if (events.length > 0) await record(tx, source.projectId, events);
      await writeMapped(
        tx,
        source.projectId,
        results.map((result) => result.outcome),
      );
      return posts.length;
    });

  return async () => {
    const taken: { posts: InboundEvent[] } = { posts: [] };
    try {
      const count = await mapSome(taken);
      size.succeeded();
      if (count === null) return { busy: false };
      mapped();
      return { busy: true, restMs: count >= CROWD && count < MOST_POSTS ? REST_MS : 0 };
    } catch (error) {
      if (isTransient(error) || taken.posts.length === 0) throw error;
      const [alone] = taken.posts;
      if (taken.posts.length === 1 && alone) {
        log.error({ err: error, inboundEvent: alone.id }, 'a post cannot be stored as events, it is set aside');
        await writeMapped(sql, alone.projectId, [{ id: alone.id, status: 'unmapped', error: `could not be stored: ${reasonOf(error)}` }]);
      } else size.failed();
      return { busy: true };
    }
  };
};
