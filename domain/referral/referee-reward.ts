import type { RefereeReward } from '../voucher/template.ts';

/** What came of a reward: the card that it came to, or why it came to none. */
export type GivenRefereeReward = Pick<RefereeReward, 'amount' | 'type'> & { campaign_id: string; campaign: string } & (
    { result: 'SUCCESS'; voucher_id: string; code: string } | { result: 'FAILURE'; reason: string }
  );
