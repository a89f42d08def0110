import type { Db } from '../client.ts';
import type { EventRow } from '../event/events.ts';
import { direction, toPage, type Page } from '../paging.ts';

export interface ActivityFilter {
  type?: string;
  campaignId?: string;
  campaignType?: string;
  /** About this voucher. */
  voucherId?: string;
  /** In the customer's time. */
  after?: Date;
  before?: Date;
}

/** A page of what happened to a customer. `startingAfter` is an event's id. */
export const listActivity = async (
  db: Db,
  projectId: string,
  customerId: string,
  filter: ActivityFilter,
  page: { limit: number; descending: boolean; startingAfter?: string },
): Promise<Page<EventRow>> => {
  const { startingAfter, descending, limit } = page;
  const where = db`
    e.project_id = ${projectId} and e.customer_id = ${customerId}
    ${filter.type === undefined ? db`` : db`and e.type = ${filter.type}`}
    ${filter.campaignId === undefined ? db`` : db`and e.data->>'campaign_id' = ${filter.campaignId}`}
    ${
      filter.voucherId === undefined
        ? db``
        : db`and (e.data->>'voucher_id' = ${filter.voucherId} or e.data->'voucher'->>'id' = ${filter.voucherId})`
    }
    ${
      filter.campaignType === undefined
        ? db``
        : db`and exists (select from campaign c where c.project_id = e.project_id and c.id = e.data->>'campaign_id'
            and c.campaign_type = ${filter.campaignType})`
    }
    ${filter.after === undefined ? db`` : db`and e.occurred_at >= ${filter.after}`}
    ${filter.before === undefined ? db`` : db`and e.occurred_at <= ${filter.before}`}`;
  const cursor = db`(select occurred_at, id from event where project_id = ${projectId} and id = ${startingAfter ?? ''})`;
  const from =
    startingAfter === undefined ? db`` : descending ? db`and (e.occurred_at, e.id) < ${cursor}` : db`and (e.occurred_at, e.id) > ${cursor}`;
  const [rows, [totals]] = await Promise.all([
    db<EventRow[]>`
      select e.project_id, e.id, e.type, e.customer_id, e.data, e.occurred_at, e.recorded_at from event e where ${where} ${from}
      order by e.occurred_at ${direction(db, descending)}, e.id ${direction(db, descending)} limit ${limit + 1}`,
    db<{ total: number }[]>`select count(*) as total from event e where ${where}`,
  ]);
  return toPage(rows, limit, totals?.total ?? 0);
};
