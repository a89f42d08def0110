import { randomUUID } from 'node:crypto';
import type { Sql } from '../../db/client.ts';
import { keepBooks } from '../../db/delivery/books.ts';
import { leaseDue, nextDue, releaseLease, type LeasedDelivery, type MessageToSend } from '../../db/delivery/leases.ts';
import { type DeliveryResult, sweepLost } from '../../db/delivery/results.ts';
import { type Destination, findDestination } from '../../db/delivery/destinations.ts';
import { readAnswer } from '../../domain/journey/answer.ts';
import { retryDelay } from '../../domain/delivery/retry-schedule.ts';
import { createGatherer } from '../checkout/gather.ts';
import { createLaunchTurns } from './launch-turns.ts';
import { createPace } from './pace.ts';
import { createSupply } from './supply.ts';
import type { Prepared, SendOutcome, Transport, Transports } from './transport.ts';

export interface DrainDeps {
  sql: Sql;
  transports: Transports;
  now: () => Date;
  /** From 0 to 1, exclusive. */
  random: () => number;
  /** How long one call goes on taking deliveries; default 20 s. */
  runForMs?: number;
  /** How long what is on the wire stays this process's; longer than any transport takes. Default 90 s. */
  leaseMs?: number;
}

/** What a workflow does next: drain again at once unless all that was due is done, and else at `nextDue`, or never. */
export interface DrainResult {
  found: number;
  done: boolean;
  /** ISO 8601; null: nothing is planned. */
  nextDue: string | null;
}

const SET = 200;
const RUN_FOR_MS = 20_000;
/** How long what is ready to be sent waits for its turn. Soon after a worker died, others take it. */
const WAIT_MS = 30_000;
/** A destination with a rate is leased no more than it can take in this long, so that a pause or a new priority is soon heeded. */
const AHEAD_S = 2;

/**
 * Sends what a destination has due, for a bounded time. It may be stopped at any moment: what is on the wire is finished and recorded, and the rest
 * given back.
 * @param signal stops it
 */
export const drainDestination = async (deps: DrainDeps, destinationId: string, signal: AbortSignal): Promise<DrainResult> => {
  const { sql, now } = deps;
  const destination = await findDestination(sql, destinationId);
  if (!destination || destination.state !== 'active') return { found: 0, done: true, nextDue: null };
  const transport = deps.transports[destination.kind];
  if (!transport) throw new Error(`There is no transport for destinations of kind ${destination.kind}.`);
  const swept = await sweepLost(sql, destinationId, now());
  const lease = randomUUID();
  let sent: { found: number; done: boolean };
  try {
    sent = transport.ordered(destination)
      ? await sendInOrder(deps, destination, transport, lease, signal)
      : await sendAll(deps, destination, transport, lease, signal);
  } finally {
    await releaseLease(sql, destinationId, lease);
  }
  const next = sent.done ? await nextDue(sql, destinationId, transport.ordered(destination), now()) : null;
  return { found: sent.found + swept, done: sent.done, nextDue: next?.toISOString() ?? null };
};

/** What one has sent lets the next of the same customer go, so it goes on until nobody is next. */
const sendInOrder = async (...[deps, destination, transport, lease, signal]: Parameters<typeof sendAll>): ReturnType<typeof sendAll> => {
  const { now, runForMs = RUN_FOR_MS } = deps;
  const end = now().getTime() + runForMs;
  let found = 0;
  for (;;) {
    const sent = await sendAll(deps, destination, transport, lease, signal);
    found += sent.found;
    if (sent.found === 0 || !sent.done) return { found, done: sent.done };
    if (signal.aborted || now().getTime() >= end) return { found, done: false };
  }
};

const sendAll = async (
  deps: DrainDeps,
  destination: Destination,
  transport: Transport,
  lease: string,
  signal: AbortSignal,
): Promise<{ found: number; done: boolean }> => {
  const { sql, now, runForMs = RUN_FOR_MS, leaseMs = 90_000 } = deps;
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal, AbortSignal.timeout(runForMs)]);
  const limit = destination.ratePerSecond === null ? SET : Math.min(SET, Math.ceil(destination.ratePerSecond * AHEAD_S));
  const inMs = (ms: number) => new Date(now().getTime() + ms);
  const turns = createLaunchTurns(sql, now);
  let found = 0;
  let missedTurns = 0;

  // One gatherer for both: what a sender's last one came to is committed with the word that its next one goes on the wire.
  const books = createGatherer<{ result: DeliveryResult } | { sending: Sendable }, boolean>({
    inFlight: 1,
    size: SET,
    run: async (_, entries) => {
      const results = entries.flatMap((each) => ('result' in each ? each.result : []));
      const sending = entries.flatMap((each) => ('sending' in each ? messageOf(each.sending) : []));
      const marked = await keepBooks(sql, { lease, results, sending, now: now(), until: inMs(leaseMs) });
      return entries.map((each) => 'result' in each || marked.has(each.sending.delivery.id));
    },
  });

  const fetch = async (): Promise<Sendable[] | null> => {
    const leased = await leaseDue(sql, {
      destinationId: destination.id,
      ordered: transport.ordered(destination),
      lease,
      now: now(),
      until: inMs(Math.min(WAIT_MS, leaseMs)),
      limit,
    });
    if (leased.length === 0) return null;
    found += leased.length;
    const late = await turns.ofLate(leased);
    await Promise.all(leased.flatMap((each) => postponement(each, late.get(each.id), now())).map((result) => books.add('', { result })));
    const going = leased.filter(({ id }) => !late.has(id));
    const prepared = going.length === 0 ? [] : await transport.prepare(destination, going);
    await Promise.all(prepared.filter((each) => !isSendable(each)).map((each) => books.add('', { result: settledUnsent(each, now()) })));
    return prepared.filter(isSendable);
  };

  const concurrency = transport.concurrency(destination);
  const supply = createSupply(fetch, concurrency * 2, () => !stop.aborted);
  const pace = createPace(sql, destination, now, stop);
  const schedule = transport.retrySchedule(destination);
  const recorded: Promise<boolean>[] = [];

  const sender = async (): Promise<void> => {
    for (let next = await supply.take(); next !== null; next = await supply.take()) {
      if (!(await pace.turn())) {
        missedTurns += 1;
        continue;
      }
      if (!(await books.add('', { sending: next }))) continue;
      const outcome = settled(next, await next.send(), schedule, deps);
      const result = outcome.dueAt === null ? outcome : { ...outcome, dueAt: await turns.ofRetry(next.delivery, outcome.dueAt) };
      const writing = books.add('', { result });
      // Awaited below; an error must not go unheard until then.
      writing.catch(() => failed.abort());
      recorded.push(writing);
    }
  };
  const senders = Array.from({ length: concurrency }, async () => {
    try {
      await sender();
    } catch (error) {
      failed.abort();
      throw error;
    }
  });
  const ends = [...(await Promise.allSettled(senders)), ...(await Promise.allSettled(recorded))];
  const broken = ends.find((end) => end.status === 'rejected');
  if (broken) throw broken.reason;
  return { found, done: supply.exhausted() && missedTurns === 0 };
};

type Sendable = Extract<Prepared, { send: unknown }>;

const isSendable = (prepared: Prepared): prepared is Sendable => 'send' in prepared;

const messageOf = ({ delivery: { id, projectId }, messageId }: Sendable): MessageToSend => ({ id, projectId, messageId });

const postponement = ({ projectId, id }: LeasedDelivery, dueAt: Date | undefined, finishedAt: Date): DeliveryResult[] =>
  dueAt === undefined ? [] : [{ projectId, id, outcome: 'postponed', answer: null, status: null, reason: null, dueAt, finishedAt }];

const settledUnsent = (prepared: Prepared, finishedAt: Date): DeliveryResult => {
  const { projectId, id } = prepared.delivery;
  if (isSendable(prepared)) throw new Error('This delivery can be sent.');
  const settled = { projectId, id, status: null, finishedAt };
  if (prepared.outcome === 'postponed') {
    return { ...settled, outcome: 'postponed', reason: null, answer: null, dueAt: prepared.dueAt };
  }
  return { ...settled, outcome: prepared.outcome, reason: prepared.reason, answer: prepared.answer, dueAt: null };
};

const settled = ({ delivery }: Sendable, sent: SendOutcome, schedule: readonly number[], { now, random }: DrainDeps): DeliveryResult => {
  const finishedAt = now();
  const result = {
    projectId: delivery.projectId,
    id: delivery.id,
    answer: sent.answer,
    status: sent.status ?? null,
    reason: null,
    dueAt: null,
    finishedAt,
    ...(sent.outcome === 'accepted' && 'awaited' in delivery.payload && { saved: readAnswer(sent.answer) }),
  };
  if (sent.outcome === 'failed') return { ...result, outcome: 'failed', reason: sent.reason };
  if (sent.outcome !== 'retry') return { ...result, outcome: sent.outcome };
  const delay = retryDelay(schedule, delivery.retries, random());
  if (delay === null) return { ...result, outcome: 'failed', reason: 'retries_exhausted' };
  return { ...result, outcome: 'retry', dueAt: new Date(finishedAt.getTime() + Math.max(delay, sent.waitMs ?? 0)) };
};
