import { branch } from './steps/branch.ts';
import { check } from './steps/check.ts';
import { exit } from './steps/exit.ts';
import { expire, withdraw } from './steps/expire.ts';
import { issueCoupon } from './steps/issue-coupon.ts';
import { remind } from './steps/remind.ts';
import { sendEmail } from './steps/send-email.ts';
import { sendWebhook } from './steps/send-webhook.ts';
import { split } from './steps/split.ts';
import { updateCustomer } from './steps/update-customer.ts';
import { wait } from './steps/wait.ts';
import type { AnyFields, StepKind } from './step-kind.ts';

/** Every kind of step. A new one is a file in steps/, a file in activities/journey/ and a line here and there. */
export const stepKinds: readonly StepKind<AnyFields>[] = [
  issueCoupon,
  sendEmail,
  wait,
  remind,
  expire,
  withdraw,
  branch,
  split,
  check,
  updateCustomer,
  sendWebhook,
  exit,
];

export const findKind = (name: unknown): StepKind<AnyFields> | undefined => stepKinds.find((kind) => kind.kind === name);

/** The kind of a step whose definition has been read. */
export const kindOf = (step: { do: string }): StepKind<AnyFields> => {
  const kind = findKind(step.do);
  if (kind === undefined) throw new Error(`there is no kind of step ${step.do}`);
  return kind;
};
