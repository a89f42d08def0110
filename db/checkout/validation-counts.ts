import type { Tx } from '../client.ts';

/** How often a campaign's redeemables came out so within a quarter of an hour. */
export interface ValidationCount {
  projectId: string;
  campaignId: string;
  /** Where the quarter begins. */
  at: Date;
  outcome: string;
  count: number;
}

interface Counted {
  projectId: string;
  counted: readonly { campaignId: string; outcome: string }[];
  createdAt: Date;
}

const QUARTER_MS = 15 * 60_000;

/** One count for each campaign, quarter and outcome, in the order of their keys, so that sets of several processes do not lock each other up. */
export const countsOf = (validations: readonly Counted[]): ValidationCount[] => {
  const counts = new Map<string, ValidationCount>();
  for (const { projectId, counted, createdAt } of validations)
    for (const { campaignId, outcome } of counted) {
      const at = Math.floor(createdAt.getTime() / QUARTER_MS) * QUARTER_MS;
      const key = `${projectId} ${campaignId} ${at} ${outcome}`;
      const count = counts.get(key);
      if (count) count.count += 1;
      else counts.set(key, { projectId, campaignId, at: new Date(at), outcome, count: 1 });
    }
  return [...counts.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
};

export const countValidations = async (tx: Tx, counts: readonly ValidationCount[]): Promise<void> => {
  if (counts.length === 0) return;
  await tx`
    insert into validation_count (project_id, campaign_id, at, outcome, count)
    select * from unnest(${counts.map((each) => each.projectId)}::text[], ${counts.map((each) => each.campaignId)}::text[],
      ${counts.map((each) => each.at.toISOString())}::timestamptz[], ${counts.map((each) => each.outcome)}::text[],
      ${counts.map((each) => each.count)}::bigint[])
    on conflict (project_id, campaign_id, at, outcome) do update set count = validation_count.count + excluded.count`;
};
