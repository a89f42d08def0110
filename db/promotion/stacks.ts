import type { Db, Tx } from '../client.ts';
import { recordEvents } from '../event/events.ts';
import { idTime, newId } from '../ids.ts';
import { toPage, type Page } from '../paging.ts';

/** Tiers of one campaign that are asked for together. */
export interface PromotionStack {
  projectId: string;
  id: string;
  campaignId: string;
  name: string;
  /** In the order in which they apply. */
  tierIds: string[];
  category: string | null;
  createdAt: Date;
  updatedAt: Date | null;
}

export type StackFields = Pick<PromotionStack, 'name' | 'tierIds' | 'category'>;

const columns = (db: Db) => db`project_id, id, campaign_id, name, tier_ids, category, created_at, updated_at`;

const recordStackEvent = (tx: Tx, type: string, stack: PromotionStack, now: Date) =>
  recordEvents(tx, [
    {
      projectId: stack.projectId,
      type,
      customerId: null,
      data: { promotion_stack: { id: stack.id, name: stack.name, campaign_id: stack.campaignId, tiers: { ids: stack.tierIds } } },
      dedupeKey: null,
      occurredAt: now,
    },
  ]);

export const createStack = async (
  tx: Tx,
  campaign: { projectId: string; id: string },
  fields: StackFields,
  now: Date,
): Promise<PromotionStack> => {
  const id = newId('promotionStack');
  const [row] = await tx<PromotionStack[]>`
    insert into promotion_stack (project_id, id, campaign_id, name, tier_ids, category, created_at)
    values (${campaign.projectId}, ${id}, ${campaign.id}, ${fields.name}, ${fields.tierIds}::text[], ${fields.category}, ${idTime(id)})
    returning ${columns(tx)}`;
  await recordStackEvent(tx, 'promotion_stack.created', row!, now);
  return row!;
};

export const findStack = async (db: Db, projectId: string, campaignId: string, id: string): Promise<PromotionStack | null> => {
  const [row] = await db<PromotionStack[]>`
    select ${columns(db)} from promotion_stack where project_id = ${projectId} and campaign_id = ${campaignId} and id = ${id}`;
  return row ?? null;
};

/** Locks the stack for a change. */
export const lockStack = async (tx: Tx, projectId: string, campaignId: string, id: string): Promise<PromotionStack | null> => {
  const [row] = await tx<PromotionStack[]>`
    select ${columns(tx)} from promotion_stack where project_id = ${projectId} and campaign_id = ${campaignId} and id = ${id} for no key update`;
  return row ?? null;
};

export const stacksOfCampaign = (db: Db, projectId: string, campaignId: string) => db<PromotionStack[]>`
  select ${columns(db)} from promotion_stack where project_id = ${projectId} and campaign_id = ${campaignId} order by id`;

const ORDERS = { created_at: 'id', updated_at: 'updated_at', name: 'name' } as const;

export type StackOrder = keyof typeof ORDERS;

export interface StackFilter {
  createdAfter?: Date;
  createdBefore?: Date;
  updatedAfter?: Date;
  updatedBefore?: Date;
}

/** A page of a project's stacks. */
export const listStacks = async (
  db: Db,
  projectId: string,
  { createdAfter, createdBefore, updatedAfter, updatedBefore }: StackFilter,
  { limit, page, order, descending }: { limit: number; page: number; order: StackOrder; descending: boolean },
): Promise<Page<PromotionStack>> => {
  const where = db`project_id = ${projectId}
    ${createdAfter === undefined ? db`` : db`and created_at > ${createdAfter}`} ${createdBefore === undefined ? db`` : db`and created_at < ${createdBefore}`}
    ${updatedAfter === undefined ? db`` : db`and updated_at > ${updatedAfter}`} ${updatedBefore === undefined ? db`` : db`and updated_at < ${updatedBefore}`}`;
  const by = db`${db(ORDERS[order])} ${descending ? db`desc nulls last` : db`asc nulls first`}, id ${descending ? db`desc` : db`asc`}`;
  const [rows, [totals]] = await Promise.all([
    db<PromotionStack[]>`
      select ${columns(db)} from promotion_stack where ${where} order by ${by} limit ${limit + 1} offset ${(page - 1) * limit}`,
    db<{ total: number }[]>`select count(*) as total from promotion_stack where ${where}`,
  ]);
  return toPage(rows, limit, totals?.total ?? 0);
};

/** Changes a stack that is locked. */
export const updateStack = async (tx: Tx, stack: PromotionStack, change: Partial<StackFields>, now: Date): Promise<PromotionStack> => {
  const next: PromotionStack = { ...stack, ...change, updatedAt: now };
  await tx`
    update promotion_stack set name = ${next.name}, tier_ids = ${next.tierIds}::text[], category = ${next.category}, updated_at = ${now}
    where project_id = ${next.projectId} and id = ${next.id}`;
  await recordStackEvent(tx, 'promotion_stack.updated', next, now);
  return next;
};

/** Deletes a stack that is locked; its tiers stay. */
export const deleteStack = async (tx: Tx, stack: PromotionStack, now: Date): Promise<void> => {
  await tx`delete from promotion_stack where project_id = ${stack.projectId} and id = ${stack.id}`;
  await recordStackEvent(tx, 'promotion_stack.deleted', stack, now);
};
