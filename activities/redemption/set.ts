import { countRewards, insertGivenRewards } from '../../db/loyalty/card-rewards.ts';
import { changeUses } from '../../db/checkout/checkout.ts';
import type { Sql, Tx } from '../../db/client.ts';
import { checkCounting, countLate, writeCounters } from '../../db/checkout/counters.ts';
import { insertEvents, type SetEvent } from '../../db/event/events.ts';
import { insertGiftTransactions } from '../../db/voucher/gift-transactions.ts';
import { remember, type StoredAnswer } from '../../db/idempotency.ts';
import { writeOrders } from '../../db/orders.ts';
import { pipelined, type Pipeline } from '../../db/event/pipeline.ts';
import { spendBuckets } from '../../db/loyalty/points-buckets.ts';
import { insertPointsTransactions, writeCards } from '../../db/loyalty/points-transactions.ts';
import { insertRedemptions } from '../../db/checkout/redemptions.ts';
import { insertReferrals } from '../../db/referral/referrals.ts';
import { insertSessionLocks, releaseSessionLocks } from '../../db/checkout/session-locks.ts';
import { takeCounts, type SetCounts } from '../checkout/counts.ts';
import { questionOf, type Question } from '../checkout/decision.ts';
import type { KeptOrders } from './kept-orders.ts';
import { readUnits } from '../checkout/known-units.ts';
import { countFromNothing, lateKeys, lookFirst, LookFirst, type CrowdedCounters } from './late-counts.ts';
import { hindrance, lockAndRead, type Found } from './locks.ts';
import type { RedeemRequest, SetMember, Verdict } from './request.ts';
import { refusedTurn, takeTurn, type Turn } from './turn.ts';
import { readFacts } from '../checkout/request-facts.ts';
import { giveRewards } from './reward-gifts.ts';
import type { RewardEffect } from './reward-redemption.ts';
import { readyRewards, type SetRewards } from './set-rewards.ts';
import type { TraceBuffer } from '../checkout/validation-traces.ts';
import type { VoucherStates } from '../checkout/voucher-states.ts';

/** What changes the ledger. */
export interface LedgerDeps {
  sql: Sql;
  states: VoucherStates;
  /** Real time. */
  now: () => Date;
}

export interface SetDeps extends LedgerDeps {
  traces: TraceBuffer;
  /** A cryptographically secure source. */
  randomBytes: (n: number) => Uint8Array;
  crowded: CrowdedCounters;
}

/**
 * Redeems a set of requests of one project in one transaction and two round trips: lock and read; then, the pure core having decided
 * each in turn with the counters as they change, write everything and commit. What limits count of everybody's redemptions is added last,
 * where there is room (docs/decisions/0034); else, and where rules, sessions or limits for each customer decide, the counters are locked and
 * read in one round trip more, in between. No two requests of a set have the same key.
 * @param lane a code to wait for a moment where somebody holds its row; others that are held are left out
 * @throws what Postgres says; nothing of the set is done then
 */
export const redeemSet = async (deps: SetDeps, projectId: string, members: SetMember[], lane: string | null): Promise<Verdict[]> => {
  try {
    return await redeemOnce(deps, projectId, members, lane, true);
  } catch (error) {
    if (!(error instanceof LookFirst)) throw error;
    deps.crowded.add(error.keys);
    return redeemOnce(deps, projectId, members, lane, false);
  }
};

const redeemOnce = (
  { sql, states, traces, now, randomBytes, crowded }: SetDeps,
  projectId: string,
  members: SetMember[],
  lane: string | null,
  mayCountLate: boolean,
): Promise<Verdict[]> =>
  pipelined(sql, async (pipeline) => {
    const found = await lockAndRead(pipeline, states, projectId, members, lane);
    const time = now();
    const hindrances = members.map((member) => hindrance(member, found));
    const requests = members.map((member) => member.request);
    const deciding = requests.filter((_, index) => hindrances[index] === null);
    const rewarding = { ...found, all: requests };
    const rewards = await readyRewards(pipeline.db as Tx, requests[0]!.project, deciding, rewarding, { now: time, randomBytes });
    const asked = members.map(
      (member, index) => hindrances[index] ?? { kind: 'to decide' as const, question: ask(member, found, rewards, time) },
    );
    const questions = asked.flatMap((each) => (each.kind === 'to decide' ? [each.question] : []));
    if (asked.every((each) => each.kind !== 'to decide' && each.kind !== 'refused')) return asked;
    const late = mayCountLate ? lateKeys(questions, crowded, time.getTime()) : null;
    const counts = late
      ? countFromNothing(late)
      : await takeCounts(pipeline, projectId, questions, members[0]!.request.project.timezone, time);
    const factsOf = await readFacts(pipeline.db, projectId, questions, time);
    const units = await readUnits(pipeline.db, projectId, questions);
    const decided: DecidedRequest[] = [];
    const turns = asked.map((each, index) => {
      if (each.kind !== 'to decide' && each.kind !== 'refused') return each;
      const member = members[index]!;
      const { request, what } = member;
      const turn =
        each.kind === 'refused'
          ? refusedTurn(each.error, request.requestId)
          : takeTurn(each.question, what, { counts, orders: found.orders, facts: factsOf(each.question), units, rewards, time });
      const one = { member, turn, body: '' };
      decided.push(one);
      return one;
    });
    const writing = write(pipeline, projectId, { decided, counts, counting: countingOf(found), orders: found.orders, rewards }, time);
    await (late ? writing.catch(lookFirst(late)) : writing);
    for (const { turn } of decided) if (turn.trace) traces.add(turn.trace);
    return turns.map((each): Verdict =>
      'turn' in each ? { kind: 'answered', answer: { status: each.turn.status, body: each.body, replayed: false } } : each,
    );
  });

interface DecidedRequest {
  member: SetMember;
  turn: Turn;
  /** JSON text, once everything that it tells of is there. */
  body: string;
}

const ask = ({ request }: SetMember, { vouchers, promotions, customerOf }: Found, { rewards }: SetRewards, time: Date): Question =>
  questionOf(request, { vouchers, promotions, rewards }, customerOf(request), time.getTime());

/** With which number each campaign was read, to be checked before the commit. */
const countingOf = ({ vouchers, promotions }: Found): Map<string, number> =>
  new Map(
    [...vouchers.values(), ...promotions.tiers.values()].flatMap(({ campaign, counting }) =>
      campaign && counting !== null ? [[campaign.id, counting]] : [],
    ),
  );

const answerToKeep = ({ idempotencyKey: key, requestHash, keyIsOurs }: RedeemRequest, status: number, body: string): StoredAnswer => ({
  key,
  requestHash: Buffer.from(requestHash, 'base64'),
  status,
  body: keyIsOurs ? '' : body,
});

const write = async (
  pipeline: Pipeline,
  projectId: string,
  {
    decided,
    counts,
    counting,
    orders,
    rewards,
  }: { decided: DecidedRequest[]; counts: SetCounts; counting: Map<string, number>; orders: KeptOrders; rewards: SetRewards },
  time: Date,
): Promise<void> => {
  const { db, send, commit } = pipeline;
  if (counting.size > 0) void send(checkCounting(db, projectId, counting));
  const all = <K extends 'uses' | 'spent' | 'redemptions' | 'events' | 'released' | 'locks' | 'referrals'>(what: K) =>
    decided.flatMap(({ turn }) => turn[what] as Turn[K][number][]);
  const [uses, spent, redemptions, released, locks] = [all('uses'), all('spent'), all('redemptions'), all('released'), all('locks')];
  const referrals = all('referrals');
  const counters = counts.changed();
  const events = [...decided.flatMap(({ turn }) => turn.rewards.flatMap(pointsEventsOf)), ...all('events'), ...orders.events()];
  if (uses.length > 0) void send(changeUses(db, projectId, uses));
  await writeRewards(pipeline, projectId, decided, rewards, time);
  for (const each of decided) {
    const { member, turn } = each;
    each.body = JSON.stringify(turn.body);
    member.decided = { status: turn.status, body: each.body, replayed: false };
  }
  // A validation can be asked again: its session has one lock.
  const answers = decided.flatMap(({ member, turn, body }) => (turn.trace ? [] : [answerToKeep(member.request, turn.status, body)]));
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
  const late = counts.late();
  if (late.length > 0) void send(countLate(db, projectId, late, time));
  await commit();
};

/** Told with what every redemption tells. */
const pointsEventsOf = ({ change }: RewardEffect): SetEvent[] => change?.events ?? [];

/** What cards spent, and what they got for it. Nothing for most sets. */
const writeRewards = async (
  { db, send }: Pipeline,
  projectId: string,
  decided: readonly DecidedRequest[],
  { cards }: SetRewards,
  time: Date,
): Promise<void> => {
  const effects = decided.flatMap(({ turn }) => turn.rewards);
  if (effects.length === 0) return;
  const changes = effects.flatMap(({ change }) => change ?? []);
  const spending = new Set(changes.map(({ transaction }) => transaction.voucherId));
  const states = [...cards.values()].filter(({ id }) => spending.has(id)).map(({ id, card }) => ({ voucherId: id, ...card }));
  const counts = new Map<string, number>();
  for (const { given } of effects) counts.set(given.rewardId, (counts.get(given.rewardId) ?? 0) + 1);
  const transactions = changes.map(({ transaction }) => transaction);
  if (changes.length > 0) {
    void send(writeCards(db, projectId, states, time));
    void send(insertPointsTransactions(db, projectId, transactions));
    const spendings = changes.flatMap((change) => change.spending ?? []);
    void send(spendBuckets(db, projectId, spendings, time));
  }
  void send(countRewards(db, projectId, counts));
  await giveRewards(db as Tx, decided[0]!.member.request.project, effects, time);
  const given = effects.map((effect) => effect.given);
  void send(insertGivenRewards(db, projectId, given));
};
