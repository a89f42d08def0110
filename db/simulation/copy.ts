import { randomUUID } from 'node:crypto';
import type { Db, Sql } from '../client.ts';
import { newId } from '../ids.ts';
import { findProject, type Project } from '../project/projects.ts';

/** What is copied of a project, so that what happens to the copy touches nothing of it. */
export interface CopyOf {
  /** By id or name. */
  campaigns: string[];
  templates: Record<string, number>;
  segments: string[];
  /** A customer that is known, whose id stays; null for made-up ones. */
  customerId: string | null;
}

export interface Copy {
  project: Project;
  /** The copy of each webhook endpoint, by the id of its original. */
  endpoints: Map<string, string>;
}

type Condition = ReturnType<Db>;

/** Copies rows of a table with other values for some columns. Columns that Postgres computes are left to it. */
const copyRows = async (db: Db, table: string, where: Condition, values: Record<string, unknown>): Promise<void> => {
  const columns = await db<{ name: string }[]>`
    select attname as name from pg_attribute
    where attrelid = ${table}::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = ''`;
  const names = columns.map(({ name }) => name);
  await db`
    insert into ${db(table)} (${db(names)})
    select ${db(names.map((name) => `n.${name}`))} from ${db(table)} o
    cross join lateral jsonb_populate_record(null::${db(table)}, to_jsonb(o) || ${db.json(values as never)}) n where ${where}`;
};

/**
 * Makes a project that nobody knows, with copies of what a journey needs: its campaigns with their rules, templates, segments, sending
 * rules and destinations, and the customer. It is a live project, so that customers walk in cohorts. To be called in a transaction that
 * is rolled back.
 */
export const copyProject = async (sql: Sql, original: Project, { campaigns, templates, segments, customerId }: CopyOf): Promise<Copy> => {
  const from = original.id;
  const id = newId('project');
  const into = { project_id: id };
  await copyRows(sql, 'project', sql`o.id = ${from}`, { id, app_id: randomUUID(), name: `simulation ${id}`, mode: 'live' });
  const copy = (table: string, where: Condition) => copyRows(sql, table, sql`o.project_id = ${from} and ${where}`, into);

  await copy('campaign', sql`(o.id = any(${campaigns}::text[]) or o.name = any(${campaigns}::text[]))`);
  const ofCampaigns = sql`select id from campaign where project_id = ${id}`;
  await copy('campaign_template', sql`o.campaign_id in (${ofCampaigns})`);
  const rules = sql`select split_part(ref, '@', 1) from campaign c cross join lateral unnest(c.rule_refs) as r (ref) where c.project_id = ${id}`;
  await copy('validation_rule', sql`o.id in (${rules})`);
  await copy('validation_rule_revision', sql`o.rule_id in (${rules})`);
  await copy('category', sql`true`);
  const keys = Object.keys(templates);
  await copy(
    'template',
    sql`(o.key, o.version) in (select * from unnest(${keys}::text[], ${keys.map((key) => templates[key]!)}::integer[]))`,
  );
  const named = sql`select unnest(refers_to) from validation_rule_revision where project_id = ${id}`;
  await copy('segment', sql`(o.id = any(${segments}::text[]) or o.name = any(${segments}::text[]) or o.id in (${named}))`);
  await copy('sending_rules', sql`true`);
  if (customerId !== null) await copyCustomer(sql, from, id, customerId);
  return { project: (await findProject(sql, id))!, endpoints: await copyDestinations(sql, from, id) };
};

const copyCustomer = async (sql: Sql, from: string, id: string, customerId: string): Promise<void> => {
  const copy = (table: string, where: Condition, values: Record<string, unknown> = {}) =>
    copyRows(sql, table, sql`o.project_id = ${from} and ${where}`, { project_id: id, ...values });
  await copy('customer', sql`o.id = ${customerId}`, { clock_offset_ms: 0 });
  await copy('suppression', sql`o.email = (select lower(email) from customer where project_id = ${id} and id = ${customerId})`);
  await copy('segment_member', sql`o.customer_id = ${customerId} and o.segment_id in (select id from segment where project_id = ${id})`);
  await copy(
    'shop_order',
    sql`o.id in (
    select id from shop_order where project_id = ${from} and customer_id = ${customerId} order by id desc limit 500)`,
  );
  await copy('allowance', sql`o.key like ${`mail % ${customerId}`}`);
};

/** Ids of destinations are those of their workflows, so a copy has another. */
const copyDestinations = async (sql: Sql, from: string, id: string): Promise<Map<string, string>> => {
  const rows = await sql<{ id: string }[]>`select id from destination where project_id = ${from} order by id limit 200`;
  const copies = new Map(rows.map((row) => [row.id, newId('destination')]));
  for (const [original, copy] of copies) {
    await copyRows(sql, 'destination', sql`o.id = ${original}`, { project_id: id, id: copy, wakes_asked: 0, wakes_told: 0 });
  }
  return copies;
};
