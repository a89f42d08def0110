import { findCustomer, type Customer } from '../../db/customer/customers.ts';
import {
  beginFastForward,
  extendLease,
  findFastForward,
  finishFastForward,
  releaseLease,
  type FastForward,
} from '../../db/journey/fast-forwards.ts';
import type { Project } from '../../db/project/projects.ts';
import { firstZone, later } from '../../domain/calendar.ts';
import { DomainError } from '../../domain/errors.ts';
import { createTravel, noCustomer, readCustomer, type TravelDeps } from './travel.ts';
import { viewForward, type ForwardView } from './view.ts';

interface FastForwardRequest {
  project: Project;
  /** Id or source id. */
  customer: string;
  /** ISO 8601, reckoned in the customer's calendar. */
  duration: string;
  /** The same key again gives the same answer, or goes on where it stopped. */
  key: string;
}

export type RunFastForward = (request: FastForwardRequest) => Promise<ForwardView>;

const MOST_DAYS = 400;

/** Moves a sandbox customer's test clock, and everything of theirs that waits for it, on the real engine. One forward at a time. */
export const createFastForward = (deps: TravelDeps): RunFastForward => {
  const { sql, now, skipping } = deps;
  const travel = createTravel(deps);

  const begin = (request: FastForwardRequest, customer: Customer): Promise<FastForward | null> =>
    sql.begin(async (tx) => {
      const { id: projectId, timezone } = request.project;
      const { clockOffsetMs, id: customerId, timezone: own } = await readCustomer(tx, projectId, customer.id, true);
      const fromAt = new Date(now().getTime() + clockOffsetMs);
      const byMs = Date.parse(later(fromAt.toISOString(), request.duration, firstZone(own, timezone))) - fromAt.getTime();
      if (byMs > MOST_DAYS * 86_400_000) {
        throw new DomainError('invalid_payload', 'That is too far.', {
          fields: [{ path: 'duration', message: `must be at most ${MOST_DAYS} days at a time` }],
        });
      }
      const { key: id, duration } = request;
      const offsets = { fromOffsetMs: clockOffsetMs, toOffsetMs: clockOffsetMs + byMs };
      return beginFastForward(tx, { projectId, id, customerId, ...offsets, duration, fromAt });
    });

  return async (request) => {
    const { project, key, duration } = request;
    if (project.mode !== 'sandbox') {
      throw new DomainError('sandbox_only', 'Only customers of a sandbox can travel in time.', {
        details: `The project ${project.name} is live.`,
      });
    }
    const customer = await findCustomer(sql, project.id, request.customer);
    if (customer === null) throw noCustomer(request.customer);
    const known = await findFastForward(sql, project.id, key);
    if (known !== null && (known.customerId !== customer.id || known.duration !== duration)) {
      throw new DomainError('idempotency_key_reused', 'This Idempotency-Key belongs to another forward.');
    }
    if (known?.answer != null) return known.answer as ForwardView;
    await skipping.check();
    const resumes = known !== null && known.finishedAt === null && !known.leased;
    const forward = resumes ? known : await begin(request, customer);
    if (forward === null) {
      throw new DomainError('time_travel_busy', 'This customer is travelling already. One forward at a time.');
    }
    try {
      if (resumes) await extendLease(sql, forward);
      await travel(forward);
      const view = await viewForward(sql, forward, now());
      await finishFastForward(sql, forward, view);
      return view;
    } catch (error) {
      await releaseLease(sql, forward);
      throw error;
    }
  };
};
