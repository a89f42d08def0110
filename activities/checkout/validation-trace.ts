import type { ValidationTrace } from '../../db/checkout/validations.ts';
import type { Decision, Outcome } from '../../domain/checkout/checkout.ts';
import type { Question } from './decision.ts';
import { lookUpKeyOf } from './request.ts';
import { traceOf } from './view.ts';

const resultOf = (outcome: Outcome): string =>
  outcome.status === 'APPLICABLE' ? 'valid' : outcome.status === 'SKIPPED' ? outcome.key : outcome.refusal.key;

/** What a validation leaves for whoever asks later why. */
export const validationTraceOf = ({ request, customer, at }: Question, decision: Decision, id: string, time: Date): ValidationTrace => ({
  projectId: request.project.id,
  id,
  codeKeys: request.redeemables.map((asked) => lookUpKeyOf(asked, request)),
  customerId: customer?.id ?? null,
  outcome: decision.valid ? 'valid' : (decision.outcomes.find((outcome) => outcome.status === 'INAPPLICABLE')?.refusal.key ?? 'no_effect'),
  counted: decision.outcomes.flatMap((outcome) => {
    const campaignId = outcome.redeemable?.campaign?.id;
    return campaignId === undefined ? [] : [{ campaignId, outcome: resultOf(outcome) }];
  }),
  trace: traceOf(decision, at),
  createdAt: time,
});
