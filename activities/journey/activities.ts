import type { Sql } from '../../db/client.ts';
import type { JourneyVersions } from '../../db/journey/versions.ts';
import { createKnownProjects } from '../../db/project/known-projects.ts';
import { branch } from './branch.ts';
import { checkReferrals } from './check-referrals.ts';
import { endHoldout } from './end-holdout.ts';
import { exit } from './exit.ts';
import { expireCoupons, withdrawCoupons } from './expire-coupons.ts';
import { holdMembers } from './hold-members.ts';
import { issueCoupons } from './issue-coupons.ts';
import { launchScheduled } from './launch-scheduled.ts';
import { loadCohort } from './load-cohort.ts';
import { remind } from './remind.ts';
import { stepActivity } from './run-step.ts';
import { sendMessages } from './send-messages.ts';
import { sendWebhooks } from './send-webhooks.ts';
import { split } from './split.ts';
import { startMembers } from './start-members.ts';
import { updateCustomers } from './update-customers.ts';
import { wait } from './wait.ts';

export interface JourneyDeps {
  sql: Sql;
  versions: JourneyVersions;
  /** Real time, for what leaves the journey: when a mail is to be sent. A journey's own time comes with each call. */
  now: () => Date;
  /** A cryptographically secure source, for codes. */
  randomBytes: (count: number) => Uint8Array;
}

/** The activities of the journey workflow: one for each kind of step, by the name that the kind gives it. */
export const createJourneyActivities = (given: JourneyDeps) => {
  const deps = { ...given, projects: createKnownProjects() };
  return {
    loadCohort: loadCohort(deps),
    holdMembers: holdMembers(deps),
    startMembers: startMembers(deps),
    launchScheduled: launchScheduled(deps),
    issueCoupons: stepActivity(deps, issueCoupons(deps)),
    sendMessages: stepActivity(deps, sendMessages(deps)),
    wait: stepActivity(deps, wait),
    remind: stepActivity(deps, remind(deps)),
    expireCoupons: stepActivity(deps, expireCoupons),
    withdrawCoupons: stepActivity(deps, withdrawCoupons),
    branch: stepActivity(deps, branch),
    split: stepActivity(deps, split),
    sendWebhooks: stepActivity(deps, sendWebhooks(deps)),
    checkReferrals: stepActivity(deps, checkReferrals),
    updateCustomers: stepActivity(deps, updateCustomers),
    endHoldout: stepActivity(deps, endHoldout),
    exit: stepActivity(deps, exit),
  };
};

export type JourneyActivities = ReturnType<typeof createJourneyActivities>;
