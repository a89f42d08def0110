import type { Db } from '../client.ts';
import type { EmailPayload, WebhookPayload } from '../delivery/deliveries.ts';
import type { EventRow } from '../event/events.ts';
import type { ReadAnswer } from '../../domain/journey/answer.ts';
import type { EnrolmentContext } from '../../domain/journey/scope.ts';
import type { VoucherTemplate } from '../../domain/voucher/template.ts';

/** The next moment at which something is due in a simulated project; null where nothing is. */
export const nextMoment = async (db: Db, projectId: string): Promise<Date | null> => {
  const [row] = await db<{ at: Date | null }[]>`
    select least((select min(due_at) from enrolment where project_id = ${projectId} and state = 'active'),
      (select min(due_at) from delivery where project_id = ${projectId} and state = 'planned')) as at`;
  return row?.at ?? null;
};

export interface DueGroup {
  cohortId: string;
  step: string;
}

/** Who is due, by cohort and step, the longest due first. */
export const findDueGroups = (db: Db, projectId: string, now: Date): Promise<DueGroup[]> =>
  db<DueGroup[]>`
    select cohort_id, step from enrolment where project_id = ${projectId} and state = 'active' and due_at <= ${now}
    group by 1, 2 order by min(due_at), min(id)`;

/** Events that were recorded since the last look, in their order. */
export const takeNewEvents = (db: Db, projectId: string, after: string, limit: number): Promise<EventRow[]> =>
  db<EventRow[]>`
    select project_id, id, type, customer_id, data, occurred_at, recorded_at from event
    where project_id = ${projectId} and id > ${after} order by id limit ${limit}`;

export interface DueDelivery {
  projectId: string;
  id: string;
  destinationId: string;
  kind: 'email' | 'webhook';
  customerId: string | null;
  enrolmentId: string | null;
  /** Who is inside; somebody else may be the recipient. */
  enrolledCustomerId: string | null;
  dedupeKey: string;
  dueAt: Date;
  payload: EmailPayload | (WebhookPayload & { mail?: EmailPayload });
}

export const findDueDeliveries = (db: Db, projectId: string, now: Date): Promise<DueDelivery[]> =>
  db<DueDelivery[]>`
    select d.project_id, d.id, d.destination_id, d.kind, d.customer_id, d.enrolment_id, e.customer_id as enrolled_customer_id, d.dedupe_key,
      d.due_at, d.payload
    from delivery d left join enrolment e on e.project_id = d.project_id and e.id = d.enrolment_id
    where d.project_id = ${projectId} and d.state = 'planned' and d.due_at <= ${now} order by d.due_at, d.id limit 2000`;

export interface Settled {
  id: string;
  state: 'accepted' | 'failed' | 'skipped' | 'planned' | 'sending';
  reason: string | null;
  dueAt: Date;
  /** What a step waits for. */
  answer?: ReadAnswer & { status: number };
}

/** Writes what became of deliveries, as if they had been sent. */
export const settleDeliveries = async (db: Db, projectId: string, settled: Settled[], now: Date): Promise<void> => {
  if (settled.length === 0) return;
  await db`
    update delivery d set state = i.state, reason = i.reason, due_at = i."dueAt", attempts = case i.state when 'accepted' then 1 else 0 end,
      answer = i.answer, finished_at = case when i.state in ('planned', 'sending') then null else ${now}::timestamptz end
    from jsonb_to_recordset(${db.json(settled as never)}) as i (id text, state text, reason text, "dueAt" timestamptz, answer jsonb)
    where d.project_id = ${projectId} and d.id = i.id`;
};

export interface SimulatedVisit {
  enrolmentId: string;
  step: string;
  visit: number;
  kind: string;
  outcome: string;
  detail: Record<string, unknown>;
  at: Date;
}

/** What steps did in a simulated project, by enrolment. Order them as they come: they were recorded in one transaction. */
export const listSimulatedVisits = (db: Db, projectId: string): Promise<SimulatedVisit[]> =>
  db<SimulatedVisit[]>`
    select enrolment_id, step, visit, kind, outcome, detail, at from enrolment_step where project_id = ${projectId}`;

export interface SimulatedEnrolment {
  id: string;
  customerId: string;
  state: string;
  outcome: string | null;
  step: string | null;
  dueAt: Date | null;
  awaiting: string | null;
  holdout: boolean;
  goalAt: Date | null;
  enteredAt: Date;
  endedAt: Date | null;
  context: EnrolmentContext;
}

export const listSimulatedEnrolments = (db: Db, projectId: string): Promise<SimulatedEnrolment[]> =>
  db<SimulatedEnrolment[]>`
    select id, customer_id, state, outcome, step, due_at, awaiting, holdout, goal_at, entered_at, ended_at, context
    from enrolment where project_id = ${projectId} order by id`;

export interface SimulatedVoucher {
  campaignId: string;
  campaign: string;
  template: VoucherTemplate;
  issued: number;
  redeemed: number;
  /** How often all of them can be redeemed; null: without end. */
  uses: number | null;
}

/** The coupons that were issued, by campaign. */
export const countSimulatedVouchers = (db: Db, projectId: string): Promise<SimulatedVoucher[]> =>
  db<SimulatedVoucher[]>`
    select v.campaign_id, c.name as campaign, t.template, count(*)::int as issued, sum(v.redeemed_quantity)::int as redeemed,
      case when bool_or(v.quantity is null) then null else sum(v.quantity)::int end as uses
    from voucher v join campaign c on c.project_id = v.project_id and c.id = v.campaign_id
    join campaign_template t on t.project_id = c.project_id and t.campaign_id = c.id and t.revision = c.revision
    where v.project_id = ${projectId} group by 1, 2, 3 order by 2`;

/** Uses vouchers once each, as redemptions do that a validation allowed. */
export const useVouchers = async (db: Db, projectId: string, uses: { id: string; discount: number }[], now: Date): Promise<void> => {
  if (uses.length === 0) return;
  await db`
    update voucher v set redeemed_quantity = redeemed_quantity + 1, redeemed_amount = redeemed_amount + i.discount, updated_at = ${now}
    from jsonb_to_recordset(${db.json(uses)}) as i (id text, discount bigint) where v.project_id = ${projectId} and v.id = i.id`;
};

/** Leaves all marketing mail, as an unsubscribe link does. */
export const unsubscribeAll = async (db: Db, projectId: string, customerIds: string[], now: Date): Promise<void> => {
  await db`
    update customer set unsubscribed_at = coalesce(unsubscribed_at, ${now}) where project_id = ${projectId} and id = any(${customerIds}::text[])`;
};
