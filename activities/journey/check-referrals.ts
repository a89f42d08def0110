import { findEvents } from '../../db/customer/events.ts';
import { recordEvents, type NewEvent } from '../../db/event/events.ts';
import { expireChecks, lockChecks, recordCheck, type NewReferralCheck } from '../../db/referral/checks.ts';
import { findReferralFacts, recordMarks } from '../../db/referral/facts.ts';
import { later } from '../../domain/calendar.ts';
import { END } from '../../domain/journey/definition.ts';
import { scopeValues, type JourneyEvent } from '../../domain/journey/scope.ts';
import { REVIEWED, type Check } from '../../domain/journey/steps/check.ts';
import { journeyCustomer } from '../../domain/journey/customer.ts';
import { marksOf, partyOf, signalsOf, verdictOf, type Party, type ReferralSignal, type Verdict } from '../../domain/referral/guard.ts';
import { attempt } from './attempt.ts';
import { findCustomers } from './recipients.ts';
import type { Member, Outcome, StepFunction, StepWork } from './step.ts';

const DEFAULT_TIMEOUT = 'P30D';

/** Asks of each member whether the referral is what it says, and lets people decide where that is not sure. */
export const checkReferrals: StepFunction = async (work) => {
  const fields = work.step.fields as unknown as Check;
  const waiting = work.members.filter((member) => member.enrolment.awaitedSince !== null);
  const arriving = work.members.filter((member) => member.enrolment.awaitedSince === null);
  const outcomes = new Map([...(await decided(work, fields, waiting)), ...(await judge(work, fields, arriving))]);
  return work.members.map((member) => outcomes.get(member) as Outcome);
};

const target = (step: string): string | null => (step === END ? null : step);

/** Those who wait for somebody's decision: it came, or the time for it is up. */
const decided = async ({ tx, project, now, step }: StepWork, fields: Check, members: Member[]): Promise<Map<Member, Outcome>> => {
  const came = await findEvents(
    tx,
    project.id,
    members.flatMap(({ enrolment }) => enrolment.awaitedEventId ?? []),
  );
  const late = members.filter(
    ({ enrolment }) => !came.has(enrolment.awaitedEventId ?? '') && (enrolment.dueAt?.getTime() ?? 0) <= Date.parse(now),
  );
  await expireChecks(
    tx,
    project.id,
    late.map(({ enrolment }) => ({ enrolmentId: enrolment.id, step: step.id, visit: enrolment.visit })),
    new Date(now),
  );
  return new Map(
    members.map((member): [Member, Outcome] => {
      const event = came.get(member.enrolment.awaitedEventId ?? '');
      if (event !== undefined) return [member, afterReview(event, fields)];
      const { dueAt } = member.enrolment;
      if (!late.includes(member)) return [member, { to: 'stay', dueAt: dueAt?.toISOString() ?? now, armed: { awaiting: REVIEWED } }];
      return [member, { to: 'go', outcome: 'fail', next: target(fields.on_fail), detail: { decision: 'expired' } }];
    }),
  );
};

const afterReview = (event: JourneyEvent, fields: Check): Outcome => {
  const approved = event.data['decision'] === 'approved';
  const detail = { decision: event.data['decision'], review_id: event.data['review_id'] };
  const next = target(approved ? fields.on_pass : fields.on_fail);
  return { to: 'go', outcome: approved ? 'pass' : 'fail', next, detail, cursor: { at: event.occurred_at, id: event.id } };
};

interface Judged {
  member: Member;
  referrerId: string | null;
  signals: ReferralSignal[];
  verdict: Verdict;
}

const judge = async (work: StepWork, fields: Check, members: Member[]): Promise<Map<Member, Outcome>> => {
  if (members.length === 0) return new Map();
  const { tx, project, step } = work;
  const names = members.map(({ standing }) => attempt(() => step.expressions.get('referrer')?.evaluate(scopeValues(standing)) as string));
  const known = await findCustomers(
    tx,
    project.id,
    names.flatMap((name) => ('error' in name ? [] : name.value)),
  );
  const judged: (Judged & { id: string })[] = [];
  // One after the other, also of those in other transactions: who was let through counts for the next.
  await lockChecks(tx, project.id);
  for (const [index, member] of members.entries()) {
    const name = names[index];
    const found = name === undefined || 'error' in name ? undefined : known.get(name.value);
    const referrer = found === undefined ? null : partyOf(journeyCustomer(found));
    const signals = await judgeOne(work, member, referrer);
    const finding = { member, referrerId: found?.id ?? null, signals, verdict: verdictOf(signals, fields.review) };
    judged.push({ ...finding, id: await recordCheck(tx, checkOf(work, finding)) });
  }
  await recordEvents(
    tx,
    judged.filter(({ verdict }) => verdict === 'review').map((each) => asked(work, each)),
  );
  return new Map(judged.map((each) => [each.member, outcomeOf(work, fields, each)]));
};

const checkOf = ({ project, step, now }: StepWork, { member: { enrolment }, ...finding }: Judged): NewReferralCheck => ({
  projectId: project.id,
  journeyId: enrolment.journeyId,
  enrolmentId: enrolment.id,
  step: step.id,
  visit: enrolment.visit,
  refereeId: enrolment.customerId,
  ...finding,
  createdAt: new Date(now),
});

const judgeOne = async ({ tx, project }: StepWork, member: Member, referrer: Party | null): Promise<ReferralSignal[]> => {
  const { event } = member.standing.context;
  const referee = partyOf(member.standing.customer, event?.data);
  const marks = marksOf(referee);
  const hashes = marks.map(({ mark }) => mark);
  const facts = await findReferralFacts(tx, project.id, {
    enrolmentId: member.enrolment.id,
    refereeId: referee.id,
    referrerId: referrer?.id ?? null,
    event,
    marks: hashes,
  });
  const likeOthers = marks.filter(({ mark }) => facts.knownMarks.has(mark)).map(({ like }) => like);
  await recordMarks(tx, project.id, referee.id, hashes);
  if (referrer !== null) {
    const others = marksOf(referrer).map(({ mark }) => mark);
    await recordMarks(tx, project.id, referrer.id, others);
  }
  return signalsOf({ referee, referrer, ...facts, likeOthers });
};

const asked = ({ project, journey, step, now }: StepWork, { member, referrerId, signals, id }: Judged & { id: string }): NewEvent => ({
  projectId: project.id,
  type: 'review.requested',
  customerId: member.enrolment.customerId,
  data: {
    review_id: id,
    journey: journey.key,
    journey_id: journey.journeyId,
    enrolment_id: member.enrolment.id,
    step: step.id,
    referrer_id: referrerId,
    signals,
  },
  dedupeKey: null,
  occurredAt: new Date(now),
});

const outcomeOf = ({ now }: StepWork, fields: Check, { member, referrerId, signals, verdict, id }: Judged & { id: string }): Outcome => {
  const detail = { check_id: id, referrer_id: referrerId, signals };
  if (verdict === 'review') {
    if (fields.on_review !== undefined) return { to: 'go', outcome: 'review', next: target(fields.on_review), detail };
    return { to: 'stay', dueAt: later(now, fields.timeout ?? DEFAULT_TIMEOUT, member.zone), armed: { awaiting: REVIEWED } };
  }
  return { to: 'go', outcome: verdict, next: target(verdict === 'pass' ? fields.on_pass : fields.on_fail), detail };
};
