import type { JourneyEvent } from './scope.ts';

/** What is told, inside only, when a webhook that a step waits for has come to its end. What was answered stands on the delivery. */
export const ANSWERED = 'webhook.answered';

/** What an endpoint answered, under the name that `save_as` gave it. */
export interface JourneyAnswer {
  /** Of HTTP. */
  status: number;
  /** JSON as it came. */
  body: unknown;
  /** ISO 8601 */
  at: string;
}

/** The visit of a step that waits for an answer. */
export interface AwaitedBy {
  enrolmentId: string;
  step: string;
  visit: number;
}

/** Whether an event tells this visit of a step that its webhook has come to its end. */
export const isAnswerTo = ({ data }: JourneyEvent, { enrolmentId, step, visit }: AwaitedBy): boolean =>
  data['enrolment_id'] === enrolmentId && data['step'] === step && data['visit'] === visit;

/** It is kept with every customer who waited for it. */
const MOST_CHARACTERS = 8_192;
const MOST_DEPTH = 16;

/** What can be kept of an answer; `problem` says why nothing can. */
export type ReadAnswer = { body: unknown } | { problem: 'no_json' | 'answer_too_large' | 'answer_unstorable' };

/** Reads what an endpoint answered as JSON that journeys can go by. */
export const readAnswer = (text: string): ReadAnswer => {
  if (text.length > MOST_CHARACTERS) return { problem: 'answer_too_large' };
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { problem: 'no_json' };
  }
  return isStorable(body, MOST_DEPTH) ? { body } : { problem: 'answer_unstorable' };
};

/** Postgres keeps no NUL and no half of a surrogate pair, and what is nested without end is nobody's data. */
const isStorable = (value: unknown, depth: number): boolean => {
  if (typeof value === 'string') return !value.includes('\u0000') && value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  return Object.entries(value).every(([key, each]) => isStorable(key, depth) && isStorable(each, depth - 1));
};

/** Why there is no answer to go by, in words. */
const REASONS: Record<string, string> = {
  no_json: 'what was answered is not JSON',
  answer_too_large: `what was answered is longer than ${MOST_CHARACTERS} characters`,
  answer_unstorable: `what was answered has NUL characters or lone surrogates, or is nested more than ${MOST_DEPTH} deep`,
  retries_exhausted: 'the endpoint did not take it, however often it was tried',
  gone: 'the endpoint is gone',
  deleted: 'the endpoint was deleted',
};

export const whyNoAnswer = (reason: string | null): string => REASONS[reason ?? ''] ?? reason ?? 'it was not delivered';
