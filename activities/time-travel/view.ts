import type { Sql } from '../../db/client.ts';
import { listEndedSince, listEnrolments, listVisitsSince } from '../../db/journey/enrolment-views.ts';
import type { FastForward } from '../../db/journey/fast-forwards.ts';
import { findCustomer } from '../../db/customer/customers.ts';
import { enrolmentView, passedView, type EnrolmentView } from '../journey/enrolment-view.ts';

export interface ForwardView {
  object: 'fast_forward';
  customer: { id: string; source_id: string };
  /** The customer's time when the forward began, where it was to go, and where it is now. ISO 8601. */
  from: string;
  to: string;
  now: string;
  /** What happened on the way, in order. */
  passed: ReturnType<typeof passedView>[];
  enrolments: EnrolmentView[];
}

/** Tells what happened to a customer while their clock was turned. */
export const viewForward = async (sql: Sql, forward: FastForward, now: Date): Promise<ForwardView> => {
  const { projectId, customerId } = forward;
  const customer = await findCustomer(sql, projectId, customerId);
  const visits = await listVisitsSince(sql, projectId, customerId, forward.createdAt);
  const ended = await listEndedSince(sql, projectId, customerId, forward.fromAt);
  const enrolments = await listEnrolments(sql, projectId, { customerId }, { limit: 100, page: 1 });
  const ends = ended.map((row) => ({
    journey: row.journeyKey,
    enrolment_id: row.id,
    at: row.endedAt?.toISOString() ?? '',
    step: '',
    kind: 'end',
    outcome: row.outcome ?? row.state,
    detail: { state: row.state },
    message: null,
  }));
  return {
    object: 'fast_forward',
    customer: { id: customerId, source_id: customer?.sourceId ?? '' },
    from: forward.fromAt.toISOString(),
    to: new Date(forward.fromAt.getTime() + forward.toOffsetMs - forward.fromOffsetMs).toISOString(),
    now: new Date(now.getTime() + (customer?.clockOffsetMs ?? 0)).toISOString(),
    passed: [...visits.map(passedView), ...ends].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at)),
    enrolments: enrolments.map(enrolmentView),
  };
};
