import { campaignColumns, campaignSource, type Campaign } from './campaigns.ts';
import type { Db } from '../client.ts';
import { direction, toPage, type Page, type PageRequest } from '../paging.ts';

/** A page of campaigns by creation. */
export const listCampaigns = async (
  db: Db,
  projectId: string,
  filter: { campaignType?: string },
  request: PageRequest,
): Promise<Page<Campaign>> => {
  const { limit, descending, startingAfter } = request;
  const where = db`c.project_id = ${projectId} ${filter.campaignType === undefined ? db`` : db`and c.campaign_type = ${filter.campaignType}`}`;
  const from = startingAfter === undefined ? db`` : descending ? db`and c.id < ${startingAfter}` : db`and c.id > ${startingAfter}`;
  const skip = startingAfter === undefined ? (request.page - 1) * limit : 0;
  const [rows, [totals]] = await Promise.all([
    db<Campaign[]>`
      select ${campaignColumns(db)} from ${campaignSource(db)} where ${where} ${from}
      order by c.id ${direction(db, descending)} limit ${limit + 1} offset ${skip}`,
    db<{ total: number }[]>`select count(*) as total from campaign c where ${where}`,
  ]);
  return toPage(rows, limit, totals?.total ?? 0);
};
