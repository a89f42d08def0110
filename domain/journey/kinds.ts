import { branch } from './steps/branch.ts';
import { exit } from './steps/exit.ts';
import { expire, withdraw } from './steps/expire.ts';
import { issueCoupon } from './steps/issue-coupon.ts';
import { remind } from './steps/remind.ts';
import { sendEmail } from './steps/send-email.ts';
import { wait } from './steps/wait.ts';
import type { AnyFields, StepKind } from './step-kind.ts';

/** Every kind of step. A new one is a file in steps/, a file in activities/journey/ and a line here and there. */
export const stepKinds: readonly StepKind<AnyFields>[] = [issueCoupon, sendEmail, wait, remind, expire, withdraw, branch, exit];
