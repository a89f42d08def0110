import type { Db } from '../../db/client.ts';
import { readCounters, takeCounters, type CounterRow, type CounterValues, type LateCount, type Send } from '../../db/checkout/counters.ts';
import { readSessionLocks, type SessionLock } from '../../db/checkout/session-locks.ts';
import { countersNeeded, NOTHING_COUNTED, ownCounters, type Counts } from '../../domain/checkout/counted.ts';
import { counterKey, type CounterChange, type CounterRef } from '../../domain/checkout/counters.ts';
import type { Question } from './decision.ts';
import type { KnownVoucher } from './voucher-states.ts';

/** What has to be known of counters and sessions before questions can be decided. Nothing, for most. */
interface Needs {
  refs: CounterRef[];
  /** The vouchers' own counters, of those of which sessions hold something. */
  heldKeys: string[];
}

const needsOf = (questions: readonly Question[], now: number): Needs => {
  const refs: CounterRef[] = [];
  const heldKeys: string[] = [];
  for (const { redeemables, redeemerOf } of questions) {
    for (const redeemable of redeemables) {
      if (!redeemable) continue;
      refs.push(...countersNeeded(redeemable, redeemerOf(redeemable)));
      if (redeemable.object === 'voucher' && ((redeemable as KnownVoucher).lockedUntil ?? 0) > now)
        heldKeys.push(...ownCounters(redeemable).map(counterKey));
    }
  }
  return { refs, heldKeys };
};

const isNothing = ({ refs, heldKeys }: Needs): boolean => refs.length === 0 && heldKeys.length === 0;

const noCounters = (): CounterValues => ({ values: new Map(), filled: new Set(), held: [] });

/** What sessions hold, by counter. */
const createHolds = (rows: readonly SessionLock[]) => {
  let byCounter = Map.groupBy(rows, (row) => row.counterKey);
  return {
    /** What all hold but the session that asks, for what it asks. */
    heldFor: ({ request, redeemables }: Question): Counts['held'] => {
      if (byCounter.size === 0) return NOTHING_COUNTED.held;
      const own = new Set(redeemables.map((redeemable) => redeemable?.id));
      const isOwn = (row: SessionLock) => row.sessionKey === request.session?.key && own.has(row.redeemableId);
      return (key) => (byCounter.get(key) ?? []).reduce((sum, row) => (isOwn(row) ? sum : sum + row.amount), 0);
    },
    replace: (sessionKey: string, redeemableIds: ReadonlySet<string>, locks: readonly SessionLock[]): void => {
      const others = [...byCounter.values()].flat().filter((row) => row.sessionKey !== sessionKey || !redeemableIds.has(row.redeemableId));
      byCounter = Map.groupBy([...others, ...locks], (row) => row.counterKey);
    },
  };
};

/** Counters and sessions of a set, as its requests change them one after the other. */
export interface SetCounts {
  countsFor: (question: Question) => Counts;
  /** What a redemption adds. */
  add: (taken: readonly CounterChange[]) => void;
  /** A session's locks of these vouchers and tiers, instead of those it had. */
  hold: (sessionKey: string, redeemableIds: ReadonlySet<string>, locks: readonly SessionLock[]) => void;
  /** What is to be written. */
  changed: () => CounterRow[];
  /** What is to be added to counters that nobody looked at. */
  late: () => LateCount[];
}

const createSetCounts = (values: Map<string, number>, filled: ReadonlySet<string>, rows: readonly SessionLock[]): SetCounts => {
  const holds = createHolds(rows);
  const changed = new Set(filled);
  return {
    countsFor: (question) => {
      const held = holds.heldFor(question);
      return { held, counter: (ref) => valueOf(values, counterKey(ref)) + held(counterKey(ref)) };
    },
    add: (taken) => {
      for (const { key, by } of taken) {
        values.set(key, valueOf(values, key) + by);
        changed.add(key);
      }
    },
    hold: holds.replace,
    changed: () => [...changed].map((key) => ({ key, value: valueOf(values, key) })),
    late: () => [],
  };
};

const valueOf = (values: ReadonlyMap<string, number>, key: string): number => {
  const value = values.get(key);
  if (value === undefined) throw new Error(`The counter ${key} was not read: countersNeeded does not name it`);
  return value;
};

/**
 * Locks the counters that questions need, and reads them and what sessions hold. The caller holds the vouchers' locks.
 * @param zone where the project's days begin
 */
export const takeCounts = async (
  { send, db }: { send: Send; db: Db },
  projectId: string,
  questions: readonly Question[],
  zone: string,
  now: Date,
): Promise<SetCounts> => {
  const needs = needsOf(questions, now.getTime());
  if (isNothing(needs)) return createSetCounts(new Map(), new Set(), []);
  const { values, filled, held } =
    needs.refs.length > 0 ? await takeCounters(send, db, projectId, needs.refs, { zone, now }) : noCounters();
  const heldKeys = [...needs.heldKeys, ...held];
  // After the counters' locks: who holds something of one has written it before.
  const rows = heldKeys.length > 0 ? await send(readSessionLocks(db, projectId, heldKeys, now)) : [];
  return createSetCounts(values, filled, rows);
};

/** Reads what questions need to know of counters and sessions, without locking anything. */
export const readCounts = async (
  db: Db,
  projectId: string,
  questions: readonly Question[],
  zone: string,
  now: Date,
): Promise<(question: Question) => Counts> => {
  const needs = needsOf(questions, now.getTime());
  if (isNothing(needs)) return () => NOTHING_COUNTED;
  const { values, held } = needs.refs.length > 0 ? await readCounters(db, projectId, needs.refs, { zone, now }) : noCounters();
  const heldKeys = [...needs.heldKeys, ...held];
  const rows = heldKeys.length > 0 ? await readSessionLocks(db, projectId, heldKeys, now) : [];
  return createSetCounts(values, new Set(), rows).countsFor;
};
