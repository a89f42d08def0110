import type { JourneyEvent } from '../../domain/journey/scope.ts';
import type { Tx } from '../client.ts';

export interface ReferralFacts {
  boughtBefore: boolean;
  referredBefore: boolean;
  cycle: boolean;
  /** Those of the marks (hex) that others have who took part in referrals. */
  knownMarks: Set<string>;
}

/** A chain of referrers that is longer is none that somebody made to earn by. */
const LONGEST_CHAIN = 20;

/** What the past says of a referral. `event` is the one that told of it. */
export const findReferralFacts = async (
  tx: Tx,
  projectId: string,
  asked: { enrolmentId: string; refereeId: string; referrerId: string | null; event: JourneyEvent | null; marks: string[] },
): Promise<ReferralFacts> => {
  const { enrolmentId, refereeId, referrerId, event } = asked;
  const [row] = await tx<{ bought: boolean; longKnown: boolean; referred: boolean; cycle: boolean; marks: string[] | null }[]>`
    with recursive referred as (
      select referee_id, referrer_id from referral_check
      where project_id = ${projectId} and enrolment_id <> ${enrolmentId} and (verdict = 'pass' or decision = 'approved')
    ), chain as (
      select ${referrerId}::text as customer_id, 0 as length
      union
      select r.referrer_id, c.length + 1 from chain c join referred r on r.referee_id = c.customer_id where c.length < ${LONGEST_CHAIN}
    )
    select
      exists (select from event where project_id = ${projectId} and customer_id = ${refereeId}
        and type in ('order.paid', 'redemption.succeeded') and occurred_at < ${event?.occurred_at ?? null}::timestamptz) as bought,
      exists (select from event e join customer c on c.project_id = e.project_id and c.id = ${refereeId}
        where e.project_id = ${projectId} and e.id = ${event?.id ?? ''} and e.recorded_at > c.created_at + interval '1 day') as long_known,
      exists (select from referred where referee_id = ${refereeId}) as referred,
      exists (select from chain where length > 0 and customer_id = ${refereeId}) as cycle,
      (select array_agg(distinct encode(mark, 'hex')) from referral_mark
        where project_id = ${projectId} and mark in (select decode(hex, 'hex') from unnest(${asked.marks}::text[]) as m (hex))
          and customer_id not in (${refereeId}, ${referrerId ?? ''})) as marks`;
  if (row === undefined) throw new Error('no answer');
  const { bought, referred: referredBefore, cycle } = row;
  return { boughtBefore: bought || row.longKnown, referredBefore, cycle, knownMarks: new Set(row.marks) };
};

/** Remembers by what somebody who takes part in a referral would be known again. */
export const recordMarks = async (tx: Tx, projectId: string, customerId: string, marks: string[]): Promise<void> => {
  if (marks.length === 0) return;
  await tx`
    insert into referral_mark (project_id, mark, customer_id)
    select ${projectId}, decode(hex, 'hex'), ${customerId} from unnest(${marks}::text[]) as m (hex) order by hex
    on conflict do nothing`;
};
