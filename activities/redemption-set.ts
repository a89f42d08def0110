import { changeUses } from '../db/checkout.ts';
import type { Sql } from '../db/client.ts';
import { checkCounting, writeCounters } from '../db/counters.ts';
import { insertEvents } from '../db/events.ts';
import { insertGiftTransactions } from '../db/gift-transactions.ts';
import { remember } from '../db/idempotency.ts';
import { writeOrders } from '../db/orders.ts';
import { pipelined, type Pipeline } from '../db/pipeline.ts';
import { insertRedemptions } from '../db/redemptions.ts';
import { insertReferrals } from '../db/referrals.ts';
import { insertSessionLocks, releaseSessionLocks } from '../db/session-locks.ts';
import { takeCounts, type SetCounts } from './checkout-counts.ts';
import { questionOf, type Question } from './checkout-decision.ts';
import type { KeptOrders } from './kept-orders.ts';
import { readUnits } from './known-units.ts';
import { hindrance, lockAndRead, type Found } from './redemption-locks.ts';
import type { RedeemRequest, SetMember, Verdict } from './redemption-request.ts';
import { refusedTurn, takeTurn, type Turn } from './redemption-turn.ts';
import { readFacts } from './request-facts.ts';
import type { TraceBuffer } from './validation-traces.ts';
import type { VoucherStates } from './voucher-states.ts';

/** What changes the ledger. */
export interface LedgerDeps {
  sql: Sql;
  states: VoucherStates;
  /** Real time. */
  now: () => Date;
}

export interface SetDeps extends LedgerDeps {
  traces: TraceBuffer;
}

/**
 * Redeems a set of requests of one project in one transaction and two round trips: lock and read; then, the pure core having decided
 * each in turn with the counters as they change, write everything and commit. One more, in between, where limits, rules or sessions
 * bound what is redeemed. No two requests of a set have the same key.
 * @param lane a code to wait for a moment where somebody holds its row; others that are held are left out
 * @throws what Postgres says; nothing of the set is done then
 */
export const redeemSet = (
  { sql, states, traces, now }: SetDeps,
  projectId: string,
  members: SetMember[],
  lane: string | null,
): Promise<Verdict[]> =>
  pipelined(sql, async (pipeline) => {
    const found = await lockAndRead(pipeline, states, projectId, members, lane);
    const time = now();
    const asked = members.map((member) => hindrance(member, found) ?? { kind: 'to decide' as const, question: ask(member, found, time) });
    const questions = asked.flatMap((each) => (each.kind === 'to decide' ? [each.question] : []));
    if (asked.every((each) => each.kind !== 'to decide' && each.kind !== 'refused')) return asked;
    const counts = await takeCounts(pipeline, projectId, questions, members[0]!.request.project.timezone, time);
    const factsOf = await readFacts(pipeline.db, projectId, questions, time);
    const units = await readUnits(pipeline.db, projectId, questions);
    const decided: DecidedRequest[] = [];
    const verdicts = asked.map((each, index): Verdict => {
      if (each.kind !== 'to decide' && each.kind !== 'refused') return each;
      const { request, what } = members[index]!;
      const turn =
        each.kind === 'refused'
          ? refusedTurn(each.error, request.requestId)
          : takeTurn(each.question, what, { counts, orders: found.orders, facts: factsOf(each.question), units, time });
      const body = JSON.stringify(turn.body);
      decided.push({ request, turn, body });
      return { kind: 'answered', answer: { status: turn.status, body, replayed: false } };
    });
    await write(pipeline, projectId, { decided, counts, counting: countingOf(found), orders: found.orders }, time);
    for (const { turn } of decided) if (turn.trace) traces.add(turn.trace);
    return verdicts;
  });

interface DecidedRequest {
  request: RedeemRequest;
  turn: Turn;
  body: string;
}

const ask = ({ request }: SetMember, found: Found, time: Date): Question =>
  questionOf(request, found, found.customerOf(request), time.getTime());

/** With which number each campaign was read, to be checked before the commit. */
const countingOf = ({ vouchers, promotions }: Found): Map<string, number> =>
  new Map(
    [...vouchers.values(), ...promotions.tiers.values()].flatMap(({ campaign, counting }) =>
      campaign && counting !== null ? [[campaign.id, counting]] : [],
    ),
  );

const write = async (
  { db, send, commit }: Pipeline,
  projectId: string,
  {
    decided,
    counts,
    counting,
    orders,
  }: { decided: DecidedRequest[]; counts: SetCounts; counting: Map<string, number>; orders: KeptOrders },
  time: Date,
): Promise<void> => {
  if (counting.size > 0) void send(checkCounting(db, projectId, counting));
  const all = <K extends 'uses' | 'spent' | 'redemptions' | 'events' | 'released' | 'locks' | 'referrals'>(what: K) =>
    decided.flatMap(({ turn }) => turn[what] as Turn[K][number][]);
  const [uses, spent, redemptions, released, locks] = [all('uses'), all('spent'), all('redemptions'), all('released'), all('locks')];
  const referrals = all('referrals');
  const counters = counts.changed();
  const events = [...all('events'), ...orders.events()];
  // A validation can be asked again: its session has one lock.
  const answers = decided.flatMap(({ request, turn, body }) =>
    turn.trace ? [] : [{ key: request.idempotencyKey, requestHash: Buffer.from(request.requestHash, 'base64'), status: turn.status, body }],
  );
  if (uses.length > 0) void send(changeUses(db, projectId, uses));
  if (counters.length > 0) void send(writeCounters(db, projectId, counters));
  if (spent.length > 0) void send(insertGiftTransactions(db, projectId, spent));
  if (released.length > 0) void send(releaseSessionLocks(db, projectId, released));
  if (locks.length > 0) void send(insertSessionLocks(db, projectId, locks));
  const kept = orders.changed();
  if (kept.length > 0) void send(writeOrders(db, projectId, kept));
  if (redemptions.length > 0) void send(insertRedemptions(db, projectId, redemptions, time));
  if (referrals.length > 0) void send(insertReferrals(db, projectId, referrals, time));
  if (events.length > 0) void send(insertEvents(db, projectId, events));
  if (answers.length > 0) void send(remember(db, projectId, answers));
  await commit();
};
