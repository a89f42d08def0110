import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql, Tx } from '../../db/client.ts';
import { customerColumns, type Customer } from '../../db/customer/customers.ts';
import {
  extendLease,
  findNextDue,
  findTravellers,
  findUnsettled,
  hasDueDeliveries,
  restartCohort,
  turnClock,
  type FastForward,
} from '../../db/journey/fast-forwards.ts';
import { DomainError } from '../../domain/errors.ts';
import type { TimeSkipping } from './time-skipping.ts';

export interface TravelDeps {
  sql: Sql;
  now: () => Date;
  skipping: TimeSkipping;
  /** workflows/contracts.ts journeyWorkflowId */
  workflowIdOf: (cohortId: string) => string;
}

const MOST_HOPS = 2_000;
/** How long everything may take to come to rest, how long messages may take to be sent, and how long all of it. */
const PATIENCE_MS = { rest: 20_000, deliveries: 5_000, all: 240_000 };
/**
 * A workflow's clock is brought so close, and real time does the rest. Never beyond: Temporal (server 1.32) that comes to the end of a
 * forward while the workflow is busy skips on to its next timer, though that be months away. So a deadline has to lie after the end.
 */
const SHORT_MS = 200;
const TOLERANCE_MS = 300;

export const readCustomer = async (db: Sql | Tx, projectId: string, id: string, locking = false): Promise<Customer> => {
  const [customer] = await db<Customer[]>`
    select ${customerColumns(db)} from customer where project_id = ${projectId} and id = ${id} ${locking ? db`for no key update` : db``}`;
  if (customer === undefined) throw noCustomer(id);
  return customer;
};

export const noCustomer = (id: string): DomainError =>
  new DomainError('not_found', 'Resource not found', {
    details: `Cannot find customer with id ${id}`,
    resource: { id, type: 'customer' },
  });

const goesOn = 'The same request with the same Idempotency-Key goes on from here.';

/**
 * Turns a customer's clock on, from one deadline to the next: waits until nothing of theirs is on its way, turns the clock in Postgres,
 * brings their workflows' clocks there, and again until the target. It can be broken off anywhere and done again.
 */
export const createTravel = ({ sql, now, skipping, workflowIdOf }: TravelDeps) => {
  const clock = (customer: Customer): Date => new Date(now().getTime() + customer.clockOffsetMs);

  const until = async (forward: FastForward, isSo: () => Promise<boolean>, waitsFor: () => string): Promise<void> => {
    const patience = performance.now() + PATIENCE_MS.rest;
    for (let pause = 5; !(await isSo()); pause = Math.min(pause * 2, 50)) {
      if (performance.now() > patience) {
        throw new DomainError('service_unavailable', 'The journeys of this customer do not come to rest.', {
          details: `Waiting for ${waitsFor()}. Does a worker run? ${goesOn}`,
        });
      }
      await sleep(pause);
    }
    await extendLease(sql, forward);
  };

  /** Brings the clocks of the customer's workflows to the customer's. @returns whether one was not there */
  const align = async (forward: FastForward, customer: Customer): Promise<boolean> => {
    const travellers = await findTravellers(sql, forward.projectId, forward.customerId);
    const moved = await Promise.all(
      travellers.map(async ({ cohortId, clockOffsetMs }) => {
        const workflowId = workflowIdOf(cohortId);
        const skipped = await skipping.skippedMs(workflowId);
        if (skipped === null) {
          await restartCohort(sql, cohortId, customer.clockOffsetMs);
          const runs = async () => (await skipping.skippedMs(workflowId)) !== null;
          await until(forward, runs, () => `the workflow ${workflowId} to start`);
          return true;
        }
        const behind = customer.clockOffsetMs - clockOffsetMs - skipped;
        if (behind > TOLERANCE_MS) await skipping.forward(workflowId, behind - SHORT_MS);
        return behind > TOLERANCE_MS;
      }),
    );
    return moved.some(Boolean);
  };

  /** Waits until nothing of the customer's is on its way. */
  const settle = async (forward: FastForward): Promise<void> => {
    const since = now();
    let unsettled: string[] = [];
    const settled = async () => {
      const customer = await readCustomer(sql, forward.projectId, forward.customerId);
      unsettled = await findUnsettled(sql, forward.projectId, forward.customerId, clock(customer), since);
      return unsettled.length === 0;
    };
    await until(forward, settled, () => unsettled.join('; '));
    // What cannot be delivered is tried again later, and must not hold up time.
    const patience = performance.now() + PATIENCE_MS.deliveries;
    while (performance.now() < patience && (await hasDueDeliveries(sql, forward.projectId, forward.customerId))) await sleep(20);
  };

  /** Turns the customer's clock to the next deadline, or to the end. Not where something came up meanwhile. */
  const hop = (forward: FastForward): Promise<boolean> =>
    sql.begin(async (tx) => {
      const { projectId, customerId } = forward;
      const customer = await readCustomer(tx, projectId, customerId, true);
      const at = clock(customer);
      if ((await findUnsettled(tx, projectId, customerId, at, now())).length > 0) return false;
      const due = await findNextDue(tx, projectId, customerId, customer.clockOffsetMs, at);
      const rest = forward.toOffsetMs - customer.clockOffsetMs;
      await turnClock(tx, projectId, customerId, due === null ? rest : Math.min(rest, Math.max(due.getTime() - at.getTime(), 1)));
      return true;
    });

  return async (forward: FastForward): Promise<void> => {
    const began = performance.now();
    for (let hops = 0; ;) {
      const customer = await readCustomer(sql, forward.projectId, forward.customerId);
      if (performance.now() - began > PATIENCE_MS.all || hops > MOST_HOPS) {
        throw new DomainError('service_unavailable', 'There is too much on the way for one forward.', {
          details: `It came to ${clock(customer).toISOString()} after ${hops} deadlines. ${goesOn}`,
        });
      }
      if (await align(forward, customer)) continue;
      await settle(forward);
      if (customer.clockOffsetMs >= forward.toOffsetMs) return;
      if (await hop(forward)) hops += 1;
    }
  };
};
