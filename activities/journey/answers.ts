import { findAwaitedWebhooks, type AwaitedWebhook } from '../../db/journey/answers.ts';
import { later } from '../../domain/calendar.ts';
import { ANSWERED, whyNoAnswer } from '../../domain/journey/answer.ts';
import { END } from '../../domain/journey/definition.ts';
import { answerTimeout, type SendWebhook } from '../../domain/journey/steps/send-webhook.ts';
import type { Member, Outcome, StepWork } from './step.ts';

/** Whether somebody waits for the answer already. A mail that quiet hours put off is not posted yet. */
export const awaitsAnswer = ({ enrolment }: Member): boolean => enrolment.awaiting === ANSWERED;

/** What these members' visits of the step posted before: who waits, and who comes again after a failure. */
export const awaitedOf = ({ tx, project, step }: StepWork, members: Member[]): Promise<Map<string, AwaitedWebhook>> =>
  findAwaitedWebhooks(
    tx,
    project.id,
    step.id,
    members.map(({ enrolment }) => ({ enrolmentId: enrolment.id, visit: enrolment.visit })),
  );

/** Whether a webhook that was posted before may still be answered, or was answered with what can be used. */
export const isWorthWaiting = ({ state, answer }: AwaitedWebhook): boolean =>
  state === 'planned' || state === 'sending' || (state === 'accepted' && answer !== null && 'body' in answer);

const target = (step: string | undefined): string | null | undefined => (step === END ? null : step);

/** Until when a member waits: an event that wakes them moves when they are due, and not this. */
const endOf = ({ now }: StepWork, fields: SendWebhook, member: Member): string => {
  const since = awaitsAnswer(member) ? member.enrolment.awaitedSince?.toISOString() : undefined;
  return later(since ?? now, answerTimeout(fields), member.zone);
};

/** What becomes of a member who waits: the answer came, none will come, the time is up, or they wait on. */
export const outcomeOfAnswer = (work: StepWork, fields: SendWebhook, member: Member, webhook: AwaitedWebhook | undefined): Outcome => {
  const as = fields.save_as as string;
  const end = endOf(work, fields, member);
  const { answer = null, finishedAt = null, state = 'planned', reason = null } = webhook ?? {};
  const over = finishedAt !== null && finishedAt.getTime() <= Date.parse(end) && state !== 'planned' && state !== 'sending';
  const posted = webhook === undefined ? {} : { delivery_id: webhook.id };
  const status = answer === null ? {} : { status: answer.status };
  if (over && answer !== null && 'body' in answer) {
    const { body } = answer;
    const saved = { status: answer.status, body, at: finishedAt.toISOString() };
    return { to: 'go', outcome: 'answered', detail: { ...posted, ...status }, answer: { as, answer: saved } };
  }
  if (over) {
    const why = whyNoAnswer(answer !== null && 'problem' in answer ? answer.problem : reason);
    if (fields.on_fail === undefined) return { to: 'fail', error: `no answer to save as ${as}: ${why}` };
    return { to: 'go', outcome: 'failed', next: target(fields.on_fail), detail: { ...posted, ...status, reason: why } };
  }
  if (Date.parse(end) > Date.parse(work.now)) return { to: 'stay', dueAt: end, armed: { awaiting: ANSWERED } };
  if (fields.on_timeout === undefined) return { to: 'fail', error: `no answer to save as ${as} within ${answerTimeout(fields)}` };
  return { to: 'go', outcome: 'timeout', next: target(fields.on_timeout), detail: posted };
};
