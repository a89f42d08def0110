import type { Verdict } from '../../domain/referral/guard.ts';
import type { Db, Tx } from '../client.ts';
import { newId } from '../ids.ts';

/** What the guard found of one referral, and what people decided. */
export interface ReferralCheck {
  projectId: string;
  id: string;
  journeyId: string;
  enrolmentId: string;
  step: string;
  visit: number;
  refereeId: string;
  referrerId: string | null;
  verdict: Verdict;
  signals: string[];
  decision: 'approved' | 'rejected' | 'expired' | null;
  note: string | null;
  createdAt: Date;
  decidedAt: Date | null;
}

export type NewReferralCheck = Omit<ReferralCheck, 'id' | 'decision' | 'note' | 'decidedAt'>;

const columns = (db: Db) => db`
  project_id, id, journey_id, enrolment_id, step, visit, referee_id, referrer_id, verdict, signals, decision, note, created_at, decided_at`;

/** Lets one transaction at a time judge referrals of a project, so that each sees whom the ones before it let through. */
export const lockChecks = async (tx: Tx, projectId: string): Promise<void> => {
  await tx`select pg_advisory_xact_lock(hashtextextended(${`referrals ${projectId}`}, 0))`;
};

/** Writes down what was found. @returns its id */
export const recordCheck = async (tx: Tx, check: NewReferralCheck): Promise<string> => {
  const id = newId('referralCheck');
  await tx`
    insert into referral_check (project_id, id, journey_id, enrolment_id, step, visit, referee_id, referrer_id, verdict, signals, created_at)
    values (${check.projectId}, ${id}, ${check.journeyId}, ${check.enrolmentId}, ${check.step}, ${check.visit}, ${check.refereeId},
      ${check.referrerId}, ${check.verdict}, ${check.signals}, ${check.createdAt})`;
  return id;
};

export const findCheck = async (db: Db, projectId: string, id: string): Promise<ReferralCheck | null> => {
  const [row] = await db<ReferralCheck[]>`select ${columns(db)} from referral_check where project_id = ${projectId} and id = ${id}`;
  return row ?? null;
};

export interface ReviewFilter {
  state: 'open' | 'decided';
  journeyId?: string | undefined;
}

const where = (db: Db, projectId: string, { state, journeyId }: ReviewFilter) => db`
  project_id = ${projectId} and verdict = 'review' and ${state === 'open' ? db`decision is null` : db`decision is not null`}
  ${journeyId === undefined ? db`` : db`and journey_id = ${journeyId}`}`;

/** Those that people decide, the oldest first while they are open. */
export const listReviews = (
  db: Db,
  projectId: string,
  filter: ReviewFilter,
  page: { limit: number; offset: number },
): Promise<ReferralCheck[]> =>
  db<ReferralCheck[]>`
    select ${columns(db)} from referral_check where ${where(db, projectId, filter)}
    order by ${filter.state === 'open' ? db`id` : db`id desc`} limit ${page.limit} offset ${page.offset}`;

export const countReviews = async (db: Db, projectId: string, filter: ReviewFilter): Promise<number> => {
  const [row] = await db<{ total: number }[]>`select count(*)::int as total from referral_check where ${where(db, projectId, filter)}`;
  return row?.total ?? 0;
};

/** @returns null where it is decided already, or nothing is to be decided */
export const decideCheck = async (
  tx: Tx,
  projectId: string,
  id: string,
  { decision, note }: { decision: 'approved' | 'rejected'; note: string | null },
  now: Date,
): Promise<ReferralCheck | null> => {
  const [row] = await tx<ReferralCheck[]>`
    update referral_check set decision = ${decision}, note = ${note}, decided_at = ${now}
    where project_id = ${projectId} and id = ${id} and verdict = 'review' and decision is null returning ${columns(tx)}`;
  return row ?? null;
};

/** Ends reviews for which the time is up. */
export const expireChecks = async (
  tx: Tx,
  projectId: string,
  visits: { enrolmentId: string; step: string; visit: number }[],
  now: Date,
) => {
  await tx`
    update referral_check c set decision = 'expired', decided_at = ${now}
    from jsonb_to_recordset(${tx.json(visits)}) as i ("enrolmentId" text, step text, visit integer)
    where c.project_id = ${projectId} and c.enrolment_id = i."enrolmentId" and c.step = i.step and c.visit = i.visit and c.decision is null`;
};
