import { changeCustomer, type Customer, type CustomerChange, type CustomerInput } from '../../domain/customer.ts';
import type { Db, Tx } from '../client.ts';
import { recordEvents } from '../event/events.ts';
import { idTime, newId } from '../ids.ts';

export type { Customer, CustomerChange, CustomerInput } from '../../domain/customer.ts';

export const customerColumns = (db: Db) => db`
  project_id, id, source_id, name, email, phone, description, to_char(birthdate, 'YYYY-MM-DD') as birthdate, address, timezone, locale,
  metadata, clock_offset_ms, unsubscribed_at, created_at, updated_at`;

/** What is told of a customer. */
const toldOf = ({ name, email, phone, description, birthdate, address, timezone, locale, metadata }: Customer) => ({
  name,
  email,
  phone,
  description,
  birthdate,
  address,
  timezone,
  locale,
  metadata,
});

/** The same as it is written. */
const writtenOf = (customer: Customer) => ({ project_id: customer.projectId, id: customer.id, ...toldOf(customer) });

/** The customer as the API shows it. */
export const customerView = (customer: Customer) => ({
  id: customer.id,
  source_id: customer.sourceId,
  ...toldOf(customer),
  clock_offset_ms: customer.clockOffsetMs,
  unsubscribed_at: customer.unsubscribedAt?.toISOString() ?? null,
  created_at: customer.createdAt.toISOString(),
  updated_at: customer.updatedAt?.toISOString() ?? null,
  object: 'customer' as const,
});

const eventOf = (type: string, customer: Customer, now: Date) => ({
  projectId: customer.projectId,
  type,
  customerId: customer.id,
  data: { customer: customerView(customer) },
  dedupeKey: null,
  occurredAt: now,
});

/** Writes customers whose rows are locked already, and tells of it. */
const writeChanged = async (tx: Tx, customers: Customer[], now: Date): Promise<void> => {
  if (customers.length === 0) return;
  const rows = customers.map(writtenOf);
  await tx`
    update customer c set name = i.name, email = i.email, phone = i.phone, description = i.description, birthdate = i.birthdate, address = i.address,
      timezone = i.timezone, locale = i.locale, metadata = i.metadata, updated_at = ${now}
    from jsonb_to_recordset(${tx.json(rows as never)}) as i (project_id text, id text, name text, email text, phone text, description text,
      birthdate date, address jsonb, timezone text, locale text, metadata jsonb)
    where c.project_id = i.project_id and c.id = i.id`;
  await recordEvents(
    tx,
    customers.map((customer) => eventOf('customer.updated', customer, now)),
  );
};

const findBySourceId = (db: Db, projectId: string, sourceIds: string[]) =>
  db<Customer[]>`select ${customerColumns(db)} from customer where project_id = ${projectId} and source_id = any(${sourceIds}::text[])`;

const lock = (tx: Tx, projectId: string, ids: string[]) =>
  tx<Customer[]>`
    select ${customerColumns(tx)} from customer where project_id = ${projectId} and id = any(${ids}::text[]) order by id for no key update`;

const insert = async (tx: Tx, customers: Customer[], now: Date): Promise<Customer[]> => {
  if (customers.length === 0) return [];
  const rows = customers.map((customer) => ({
    ...writtenOf(customer),
    source_id: customer.sourceId,
    created_at: customer.createdAt.toISOString(),
  }));
  const written = await tx<Customer[]>`
    insert into customer (project_id, id, source_id, name, email, phone, description, birthdate, address, timezone, locale, metadata, created_at)
    select project_id, id, source_id, name, email, phone, description, birthdate, address, timezone, locale, metadata, created_at
    from jsonb_to_recordset(${tx.json(rows as never)}) as i (project_id text, id text, source_id text, name text, email text, phone text,
      description text, birthdate date, address jsonb, timezone text, locale text, metadata jsonb, created_at timestamptz)
    order by source_id
    on conflict (project_id, source_id) do nothing
    returning ${customerColumns(tx)}`;
  await recordEvents(
    tx,
    written.map((customer) => eventOf('customer.created', customer, now)),
  );
  return written;
};

/** A customer of whom nothing is known, with a new id; it is not written. */
export const blankCustomer = (projectId: string, sourceId: string): Customer => {
  const id = newId('customer');
  return {
    projectId,
    id,
    sourceId,
    name: null,
    email: null,
    phone: null,
    description: null,
    birthdate: null,
    address: null,
    timezone: null,
    locale: null,
    metadata: {},
    clockOffsetMs: 0,
    unsubscribedAt: null,
    // The id's own time, so that a list ordered by id is ordered by creation.
    createdAt: idTime(id),
    updatedAt: null,
  };
};

/** Locks the customers that a change would alter, decides again on what they are now, and writes. */
const applyChanges = async (
  tx: Tx,
  projectId: string,
  known: Customer[],
  changeOf: (customer: Customer) => CustomerChange,
  now: Date,
): Promise<Customer[]> => {
  const stale = known.filter((customer) => changeCustomer(customer, changeOf(customer)) !== customer);
  if (stale.length === 0) return known;
  const locked = await lock(
    tx,
    projectId,
    stale.map((customer) => customer.id),
  );
  const after = locked.map((customer) => ({ before: customer, after: changeCustomer(customer, changeOf(customer)) }));
  const written = after.filter((row) => row.before !== row.after).map((row) => Object.assign(row.after, { updatedAt: now }));
  await writeChanged(tx, written, now);
  const byId = new Map(after.map((row) => [row.after.id, row.after]));
  return known.map((customer) => byId.get(customer.id) ?? customer);
};

/**
 * Makes sure that these customers exist and are as told; rows are written, and events recorded, only for those whom it changes.
 * A source id that comes more than once counts in the order given.
 * @returns one customer for each distinct source id, in the order in which they first came
 */
export const upsertCustomers = async (tx: Tx, projectId: string, rows: CustomerInput[], now: Date = new Date()): Promise<Customer[]> => {
  const inputs = new Map<string, CustomerInput>();
  for (const row of rows) {
    const earlier = inputs.get(row.sourceId);
    const metadata = earlier?.metadata && row.metadata ? { ...earlier.metadata, ...row.metadata } : (row.metadata ?? earlier?.metadata);
    const told = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
    inputs.set(row.sourceId, { ...earlier, ...told, sourceId: row.sourceId, metadata });
  }
  const changeOf = (customer: Customer): CustomerChange => inputs.get(customer.sourceId) ?? {};
  const sourceIds = [...inputs.keys()];
  let known = await applyChanges(tx, projectId, await findBySourceId(tx, projectId, sourceIds), changeOf, now);
  const have = new Set(known.map((customer) => customer.sourceId));
  const missing = sourceIds.filter((sourceId) => !have.has(sourceId));
  if (missing.length > 0) {
    const created = await insert(
      tx,
      missing.map((sourceId) => blankCustomer(projectId, sourceId)).map((customer) => changeCustomer(customer, changeOf(customer))),
      now,
    );
    known = [...known, ...created];
    if (created.length < missing.length) {
      // Somebody else made them meanwhile: the insert waited for that commit, and this statement sees it.
      const made = new Set(created.map((customer) => customer.sourceId));
      const others = await findBySourceId(
        tx,
        projectId,
        missing.filter((sourceId) => !made.has(sourceId)),
      );
      known = [...known, ...(await applyChanges(tx, projectId, others, changeOf, now))];
    }
  }
  const bySourceId = new Map(known.map((customer) => [customer.sourceId, customer]));
  return sourceIds.flatMap((sourceId) => bySourceId.get(sourceId) ?? []);
};

/** Changes a customer that exists. @returns null where there is none */
export const updateCustomer = async (
  tx: Tx,
  projectId: string,
  id: string,
  change: CustomerChange,
  now: Date,
): Promise<Customer | null> => {
  const [customer] = await lock(tx, projectId, [id]);
  if (!customer) return null;
  const [after] = await applyChanges(tx, projectId, [customer], () => change, now);
  return after ?? null;
};

/** Changes customers that exist, each as `changeOf` says of what they are now. */
export const updateCustomers = async (
  tx: Tx,
  projectId: string,
  ids: string[],
  changeOf: (customer: Customer) => CustomerChange,
  now: Date,
): Promise<void> => {
  if (ids.length > 0) await applyChanges(tx, projectId, await lock(tx, projectId, ids), changeOf, now);
};

/** How far customers' clocks are ahead, in milliseconds, where they are. */
export const findClocks = async (db: Db, projectId: string, ids: string[]): Promise<Map<string, number>> => {
  const rows = await db<{ id: string; clockOffsetMs: number }[]>`
    select id, clock_offset_ms from customer where project_id = ${projectId} and id = any(${ids}::text[]) and clock_offset_ms > 0`;
  return new Map(rows.map((row) => [row.id, row.clockOffsetMs]));
};

/** By id, else by source id. */
export const findCustomer = async (db: Db, projectId: string, idOrSourceId: string): Promise<Customer | null> => {
  const [row] = await db<Customer[]>`
    select ${customerColumns(db)} from customer where project_id = ${projectId} and (id = ${idOrSourceId} or source_id = ${idOrSourceId})
    order by id = ${idOrSourceId} desc limit 1`;
  return row ?? null;
};

/** Deletes the customer with their enrolments. Redemptions stay: they are the ledger. */
export const deleteCustomer = async (tx: Tx, projectId: string, id: string, now: Date): Promise<boolean> => {
  const [row] = await tx<Customer[]>`delete from customer where project_id = ${projectId} and id = ${id} returning ${customerColumns(tx)}`;
  if (!row) return false;
  await recordEvents(tx, [eventOf('customer.deleted', row, now)]);
  return true;
};
