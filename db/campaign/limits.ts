import { isDeepStrictEqual } from 'node:util';
import { countersOfLimits } from '../../domain/checkout/limits.ts';
import type { VoucherTemplate } from '../../domain/voucher/template.ts';
import type { Tx } from '../client.ts';
import { changeCounting, sendNow, takeCounters, writeCounters } from '../checkout/counters.ts';
import { findProject } from '../project/projects.ts';

/** A campaign as far as its limits are concerned. */
interface LimitedCampaign {
  projectId: string;
  id: string;
  name: string;
  template: VoucherTemplate;
}

/** What of a template says what has to be counted. */
const countedOf = ({ limits, campaign_limits }: VoucherTemplate) => ({ limits, campaign_limits });

/**
 * Lets what a campaign's limits bound be counted anew where they change, in the transaction that changes them. What counts for everybody is
 * counted at once, so that nobody at a checkout waits for it; what counts for each customer when they come.
 */
export const changeLimits = async (tx: Tx, before: LimitedCampaign, after: LimitedCampaign, now: Date): Promise<void> => {
  if (isDeepStrictEqual(countedOf(before.template), countedOf(after.template))) return;
  const { projectId, id, name, template } = after;
  await changeCounting(tx, projectId, [id]);
  const zone = (await findProject(tx, projectId))?.timezone ?? 'UTC';
  const campaign = { id, name, limits: template.campaign_limits ?? null };
  const nobody = { customerId: null, named: false, at: now.getTime(), zone };
  const refs = countersOfLimits({ object: 'voucher', id: '', limits: null, campaign }, nobody);
  if (refs.length === 0) return;
  const { values, filled } = await takeCounters(sendNow, tx, projectId, refs, { zone, now });
  const rows = [...filled].map((key) => ({ key, value: values.get(key)! }));
  if (rows.length > 0) await writeCounters(tx, projectId, rows);
};
