import { proxyActivities, sleep } from '@temporalio/workflow';
import type { PerCustomerActivities } from './per-customer.ts';

const { issue, send, expire } = proxyActivities<PerCustomerActivities>({ startToCloseTimeout: '1 minute' });

/** What most engines do: a workflow for each customer, an activity for each of its steps. */
export async function perCustomer(customer: string): Promise<void> {
  await issue(customer);
  await send(customer);
  await sleep('2s');
  await send(customer);
  await expire(customer);
}
