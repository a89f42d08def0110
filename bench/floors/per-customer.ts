import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createTransport } from 'nodemailer';
import type { Sql } from '../../db/client.ts';

// The bench's own lines are what its reader looks for.
Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [] });

const createPerCustomerActivities = (sql: Sql, mail: ((customer: string) => Promise<unknown>) | undefined) => ({
  async issue(customer: string): Promise<void> {
    await sql`insert into floor_coupon (code, customer, state) values (${`C${customer}`}, ${customer}, 'issued') on conflict do nothing`;
  },
  async send(customer: string): Promise<void> {
    await sql`insert into floor_message (customer) values (${customer})`;
    await mail?.(customer);
  },
  async expire(customer: string): Promise<void> {
    await sql`update floor_coupon set state = 'expired' where customer = ${customer} and state = 'issued'`;
  },
});

export type PerCustomerActivities = ReturnType<typeof createPerCustomerActivities>;

/** Customers a second with one workflow each, doing what the bench's journey does: issue, mail, wait 2 s, mail, expire. */
export const perCustomerFloor = async (options: {
  sql: Sql;
  temporalAddress: string;
  smtpPort: number | undefined;
  customers: number;
}): Promise<number> => {
  const { sql, temporalAddress, smtpPort, customers } = options;
  await sql`create table if not exists floor_coupon (code text primary key, customer text not null, state text not null)`;
  await sql`create index if not exists floor_coupon_customer on floor_coupon (customer)`;
  await sql`create table if not exists floor_message (id bigint generated always as identity primary key, customer text not null)`;
  const transport =
    smtpPort === undefined
      ? undefined
      : createTransport({ host: '127.0.0.1', port: smtpPort, pool: true, maxConnections: 20, ignoreTLS: true });
  const mail =
    transport &&
    ((customer: string) =>
      transport.sendMail({
        from: 'shop@example.com',
        to: `${customer}@example.com`,
        subject: 'Your coupon',
        text: `C${customer}`,
        html: `<p>C${customer}</p>`,
      }));
  const connection = await Connection.connect({ address: temporalAddress });
  const native = await NativeConnection.connect({ address: temporalAddress });
  const client = new Client({ connection });
  const run = `floor-${Date.now()}`;
  const worker = await Worker.create({
    connection: native,
    taskQueue: run,
    workflowsPath: fileURLToPath(new URL('./per-customer-workflow.ts', import.meta.url)),
    activities: createPerCustomerActivities(sql, mail),
    maxConcurrentActivityTaskExecutions: 100,
    maxConcurrentWorkflowTaskExecutions: 100,
  });
  const rate = await worker.runUntil(async () => {
    const start = performance.now();
    await Promise.all(
      Array.from({ length: customers }, (_, i) =>
        client.workflow.execute('perCustomer', { workflowId: `${run}-${i}`, taskQueue: run, args: [`${run}-${i}`] }),
      ),
    );
    return customers / ((performance.now() - start) / 1000);
  });
  const [{ expired } = { expired: 0 }] = await sql<{ expired: number }[]>`
    select count(*)::bigint as expired from floor_coupon where state = 'expired' and starts_with(customer, ${run})`;
  if (expired !== customers) throw new Error(`the floor expired ${expired} of ${customers} coupons`);
  transport?.close();
  await native.close();
  await connection.close();
  return rate;
};
