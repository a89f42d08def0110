import { startsNextPeriod, type TierRules } from '../../domain/loyalty/tier.ts';
import { periodAt, startBefore } from '../../domain/loyalty/tier-period.ts';
import type { Db } from '../client.ts';
import type { TierLook } from './tier-looks.ts';

/** A member of a program as they stand. */
export interface TierMember {
  customerId: string;
  clockOffsetMs: number;
  tierId: string | null;
  startDate: Date | null;
  expirationDate: Date | null;
  /** What all their cards of the program have. */
  balance: number;
}

/** A program with tiers. */
export interface TieredProgram {
  id: string;
  name: string;
  rules: TierRules | null;
  zone: string;
}

/** The member's time, ISO 8601. @param now real time */
export const timeOf = ({ clockOffsetMs }: TierMember, now: Date): string => new Date(now.getTime() + clockOffsetMs).toISOString();

/** What comes to a card by earning or by hand, less what of it was taken back. */
const COLLECTED = ['POINTS_ACCRUAL', 'PENDING_POINTS_ACTIVATION', 'POINTS_ADDITION', 'POINTS_TRANSFER_IN', 'POINTS_CANCELLATION'];

/** From when to when something is collected; ISO 8601, real time. The end is not in it; null: until now. */
interface Window {
  customerId: string;
  from: string;
  to: string | null;
}

/** What members collected, by window. */
const readCollected = async (db: Db, projectId: string, campaignId: string, windows: readonly Window[]): Promise<number[]> => {
  const rows = await db<{ nr: number; points: number }[]>`
    select i.nr, coalesce(sum(t.points), 0)::bigint as points
    from unnest(${windows.map((each) => each.customerId)}::text[], ${windows.map((each) => each.from)}::timestamptz[],
      ${windows.map((each) => each.to)}::timestamptz[]) with ordinality as i (customer_id, since, till, nr)
    join voucher v on v.project_id = ${projectId} and v.campaign_id = ${campaignId} and v.holder_id = i.customer_id and v.loyalty_points is not null
    join points_transaction t on t.project_id = v.project_id and t.voucher_id = v.id and t.created_at >= i.since
      and (i.till is null or t.created_at < i.till) and t.type = any(${COLLECTED}::text[])
    group by i.nr`;
  const byPlace = new Map(rows.map(({ nr, points }) => [nr - 1, points]));
  return windows.map((_, index) => byPlace.get(index) ?? 0);
};

/** The points of members that count now, and who is to be looked at again, since what they collect counts later. */
interface Counted {
  points: Map<string, number>;
  looks: TierLook[];
}

/** Counts what decides on the tiers of members of a program. @param now real time */
export const countTierPoints = async (
  db: Db,
  projectId: string,
  { id, rules, zone }: TieredProgram,
  members: readonly TierMember[],
  now: Date,
): Promise<Counted> => {
  if (rules?.qualification_type !== 'POINTS_IN_PERIOD')
    return { points: new Map(members.map(({ customerId, balance }) => [customerId, balance])), looks: [] };
  const period = rules.qualification_period;
  const waits = startsNextPeriod(rules);
  const spans = members.map((member) => {
    const at = timeOf(member, now);
    const real = (time: string): string => new Date(Date.parse(time) - member.clockOffsetMs).toISOString();
    const { start, end } = periodAt(at, period, zone);
    return { customerId: member.customerId, before: real(startBefore(at, period, zone)), start: real(start), end };
  });
  const current = await readCollected(
    db,
    projectId,
    id,
    spans.map(({ customerId, start }) => ({ customerId, from: start, to: null })),
  );
  const counting = waits
    ? await readCollected(
        db,
        projectId,
        id,
        spans.map(({ customerId, before, start }) => ({ customerId, from: before, to: start })),
      )
    : current;
  return {
    points: new Map(spans.map(({ customerId }, index) => [customerId, counting[index]!])),
    looks: waits ? spans.flatMap(({ customerId, end }, index) => (current[index]! > 0 ? [{ customerId, dueAt: end }] : [])) : [],
  };
};
