import { codeKey } from '../../domain/voucher/code-pattern.ts';
import type { Db } from '../client.ts';
import { idTime } from '../ids.ts';
import type { Project } from '../project/projects.ts';

/** One attempt to validate or redeem, with what decided it. */
export interface Trace {
  id: string;
  attempt: 'validation' | 'redemption';
  customerId: string | null;
  customerSourceId: string | null;
  /** `valid`, `redeemed`, or the key of the refusal. */
  outcome: string;
  trackingId: string | null;
  trace: { at: string; steps: Record<string, unknown>[] };
  createdAt: Date;
}

export interface TraceFilter {
  code?: string;
  customerId?: string;
  /** An outcome, or `failed` for whatever was refused. */
  outcome?: string;
  /** The id of the last trace of the page before. */
  startingAfter?: string;
}

/** Ids of validations and redemptions sort together by what follows their prefix, which is a UUIDv7. */
const timeOf = (id: string): string => id.slice(-32);

const validations = (db: Db, project: Project, { code, customerId, outcome, startingAfter }: TraceFilter, limit: number) => {
  const key = code === undefined ? '' : codeKey(code, project.caseSensitiveCodes);
  return db`
    select id, 'validation' as attempt, customer_id, outcome, null as tracking_id, trace, created_at from validation
    where project_id = ${project.id}
      ${code === undefined ? db`` : db`and (code = ${key} or (more_codes is not null and more_codes @> ${[key]}::text[]))`}
      ${customerId === undefined ? db`` : db`and customer_id = ${customerId}`}
      ${outcome === undefined ? db`` : outcome === 'failed' ? db`and outcome <> 'valid'` : db`and outcome = ${outcome}`}
      ${startingAfter === undefined ? db`` : db`and id < ${`valid_${timeOf(startingAfter)}`}`}
    order by id desc limit ${limit}`;
};

const redemptions = (db: Db, project: Project, { code, customerId, outcome, startingAfter }: TraceFilter, limit: number) => {
  const key = code === undefined ? '' : codeKey(code, project.caseSensitiveCodes);
  const unknown = project.caseSensitiveCodes ? db`and code = ${key}` : db``;
  return db`
    select id, 'redemption' as attempt, customer_id, coalesce(failure_code, 'redeemed') as outcome, tracking_id, trace, created_at from redemption
    where project_id = ${project.id} and object = 'redemption'
      ${
        code === undefined
          ? db``
          : db`and (voucher_id = (select id from voucher where project_id = ${project.id} and code_key = ${key})
              or (voucher_id is null and code is not null and upper(code) = upper(${key}) ${unknown}))`
      }
      ${customerId === undefined ? db`` : db`and customer_id = ${customerId}`}
      ${
        outcome === undefined
          ? db``
          : outcome === 'redeemed'
            ? db`and result = 'SUCCESS'`
            : db`and result = 'FAILURE' ${outcome === 'failed' ? db`` : db`and failure_code = ${outcome}`}`
      }
      ${startingAfter === undefined ? db`` : db`and id < ${`r_${timeOf(startingAfter)}`}`}
    order by id desc limit ${limit}`;
};

const withCustomer = (db: Db, project: Project) => db`
  t.*, u.source_id as customer_source_id from t left join customer u on u.project_id = ${project.id} and u.id = t.customer_id`;

/** Attempts, the newest first: validations of the last week, redemptions since ever. One more than `limit` says that there are more. */
export const listTraces = (db: Db, project: Project, filter: TraceFilter, limit: number): Promise<Trace[]> =>
  db<Trace[]>`
    with t as (
      (${validations(db, project, filter, limit + 1)}) union all (${redemptions(db, project, filter, limit + 1)})
    )
    select ${withCustomer(db, project)} order by right(t.id, 32) desc limit ${limit + 1}`;

const DAY_MS = 86_400_000;

export const findTrace = async (db: Db, project: Project, id: string): Promise<Trace | null> => {
  // A validation's day says in which partition it is.
  const made = idTime(id).getTime();
  if (id.startsWith('valid_') && Number.isNaN(made)) return null;
  const query = id.startsWith('valid_')
    ? db`
        select id, 'validation' as attempt, customer_id, outcome, null as tracking_id, trace, created_at from validation
        where project_id = ${project.id} and id = ${id} and created_at between ${new Date(made - DAY_MS)} and ${new Date(made + DAY_MS)}`
    : db`
        select id, 'redemption' as attempt, customer_id, coalesce(failure_code, 'redeemed') as outcome, tracking_id, trace, created_at
        from redemption where project_id = ${project.id} and id = ${id} and object = 'redemption'`;
  const [row] = await db<Trace[]>`with t as (${query}) select ${withCustomer(db, project)}`;
  return row ?? null;
};
