import type { Db, Tx } from '../client.ts';
import { firstIdAt, idTime, newId } from '../ids.ts';
import { direction, toPage, type Page, type PageRequest } from '../paging.ts';

export interface Publication {
  projectId: string;
  id: string;
  sourceId: string | null;
  result: 'SUCCESS' | 'FAILURE';
  customerId: string;
  customerSourceId: string | null;
  campaignId: string | null;
  /** The campaign's name. */
  campaign: string | null;
  voucherIds: string[];
  codes: string[];
  channel: string;
  metadata: Record<string, unknown>;
  failureCode: string | null;
  failureMessage: string | null;
  apiKeyId: string | null;
  createdAt: Date;
}

const columns = (db: Db) => db`
  p.project_id, p.id, p.source_id, p.result, p.customer_id, u.source_id as customer_source_id, p.campaign_id, c.name as campaign, p.voucher_ids,
  p.codes, p.channel, p.metadata, p.failure_code, p.failure_message, p.api_key_id, p.created_at`;

const source = (db: Db) => db`
  publication p
  left join campaign c on c.project_id = p.project_id and c.id = p.campaign_id
  left join customer u on u.project_id = p.project_id and u.id = p.customer_id`;

/** Holds others back that publish under this name, until the transaction ends; what they wrote is seen by the next statement. */
export const lockSourceId = async (tx: Tx, projectId: string, sourceId: string): Promise<void> => {
  await tx`select pg_advisory_xact_lock(hashtextextended(${`publication ${projectId} ${sourceId}`}, 0))`;
};

/** What was published under this name. */
export const findBySourceId = async (db: Db, projectId: string, sourceId: string): Promise<Publication | null> => {
  const [row] = await db<Publication[]>`
    select ${columns(db)} from ${source(db)} where p.project_id = ${projectId} and p.source_id = ${sourceId} and p.result = 'SUCCESS'`;
  return row ?? null;
};

/** What this customer got of this campaign first. */
export const findJoined = async (db: Db, projectId: string, customerId: string, campaignId: string): Promise<Publication | null> => {
  const [row] = await db<Publication[]>`
    select ${columns(db)} from ${source(db)}
    where p.project_id = ${projectId} and p.customer_id = ${customerId} and p.campaign_id = ${campaignId} and p.result = 'SUCCESS'
    order by p.id limit 1`;
  return row ?? null;
};

export type NewPublication = Omit<Publication, 'id' | 'createdAt'>;

/** @returns what was written, in its order */
export const insertPublications = async (tx: Tx, publications: readonly NewPublication[]): Promise<Publication[]> => {
  const rows = publications.map((publication): Publication => {
    const id = newId('publication');
    return { ...publication, id, createdAt: idTime(id) };
  });
  const input = rows.map((row) => ({
    project_id: row.projectId,
    id: row.id,
    source_id: row.sourceId,
    result: row.result,
    customer_id: row.customerId,
    campaign_id: row.campaignId,
    voucher_ids: row.voucherIds,
    codes: row.codes,
    channel: row.channel,
    metadata: row.metadata,
    failure_code: row.failureCode,
    failure_message: row.failureMessage,
    api_key_id: row.apiKeyId,
    created_at: row.createdAt,
  }));
  await tx`
    insert into publication (project_id, id, source_id, result, customer_id, campaign_id, voucher_ids, codes, channel, metadata, failure_code,
      failure_message, api_key_id, created_at)
    select * from jsonb_to_recordset(${tx.json(input as never)}) as i (project_id text, id text, source_id text, result text, customer_id text,
      campaign_id text, voucher_ids text[], codes text[], channel text, metadata jsonb, failure_code text, failure_message text, api_key_id text,
      created_at timestamptz)`;
  return rows;
};

export interface PublicationFilter {
  result?: 'SUCCESS' | 'FAILURE';
  sourceId?: string;
  voucherId?: string;
  /** Id or name. */
  campaign?: string;
  /** Id or source id. */
  customer?: string;
  createdAfter?: Date;
  createdBefore?: Date;
}

/** As an array, so that they are looked up first: a plan by id would look at all of the project to find the few on its way. */
const ofVoucher = (db: Db, projectId: string, voucherId: string) =>
  db`array(select id from publication where project_id = ${projectId} and voucher_ids @> ${[voucherId]}::text[])`;

const conditions = (db: Db, projectId: string, filter: PublicationFilter) => db`
  p.project_id = ${projectId}
  ${filter.result === undefined ? db`` : db`and p.result = ${filter.result}`}
  ${filter.sourceId === undefined ? db`` : db`and p.source_id = ${filter.sourceId}`}
  ${filter.voucherId === undefined ? db`` : db`and p.id = any(${ofVoucher(db, projectId, filter.voucherId)})`}
  ${
    filter.campaign === undefined
      ? db``
      : db`and p.campaign_id = (select id from campaign where project_id = ${projectId} and (id = ${filter.campaign} or name = ${filter.campaign})
          order by id = ${filter.campaign} desc limit 1)`
  }
  ${
    filter.customer === undefined
      ? db``
      : db`and p.customer_id = (select id from customer where project_id = ${projectId} and (id = ${filter.customer} or source_id = ${filter.customer})
          order by id = ${filter.customer} desc limit 1)`
  }
  ${filter.createdAfter === undefined ? db`` : db`and p.id >= ${firstIdAt('publication', new Date(filter.createdAfter.getTime() + 1))}`}
  ${filter.createdBefore === undefined ? db`` : db`and p.id < ${firstIdAt('publication', filter.createdBefore)}`}`;

/** A page of publications, failed ones too, by the time they were made. `startingAfter` is an id. */
export const listPublications = async (
  db: Db,
  projectId: string,
  filter: PublicationFilter,
  request: PageRequest,
): Promise<Page<Publication>> => {
  const { limit, descending, startingAfter } = request;
  const where = conditions(db, projectId, filter);
  const from = startingAfter === undefined ? db`` : descending ? db`and p.id < ${startingAfter}` : db`and p.id > ${startingAfter}`;
  const skip = startingAfter === undefined ? (request.page - 1) * limit : 0;
  const [rows, [totals]] = await Promise.all([
    db<Publication[]>`
      select ${columns(db)} from ${source(db)} where ${where} ${from}
      order by p.id ${direction(db, descending)} limit ${limit + 1} offset ${skip}`,
    db<{ total: number }[]>`select count(*) as total from publication p where ${where}`,
  ]);
  return toPage(rows, limit, totals?.total ?? 0);
};
