import type { VoucherTemplate } from '../../domain/voucher/template.ts';
import { wholeCodeConfig } from '../../domain/voucher/code-pattern.ts';
import { windowView } from '../../domain/voucher/template.ts';
import { assignedRules, assignedRulesView, type AssignedRules } from '../validation-rules/assigned-rules.ts';
import type { Db, Tx } from '../client.ts';
import { changeLimits } from './limits.ts';
import { forgetCounters } from '../checkout/counters.ts';
import { recordEvents } from '../event/events.ts';
import { forgetCampaignAssignments } from '../validation-rules/rule-assignments.ts';
import { idTime, newId } from '../ids.ts';
import { findKnownCategory, knownCategory, knownCategoryView, type KnownCategory } from './known-category.ts';

export interface Campaign {
  projectId: string;
  id: string;
  name: string;
  campaignType: string;
  /** AUTO_UPDATE: a change reaches vouchers that exist. STATIC: each keeps what it was made with. */
  type: 'AUTO_UPDATE' | 'STATIC';
  /** The current revision of the template. */
  revision: number;
  template: VoucherTemplate;
  startDate: Date | null;
  expirationDate: Date | null;
  active: boolean;
  category: string | null;
  /** Where the project has a category of that name. */
  knownCategory: KnownCategory | null;
  description: string | null;
  metadata: Record<string, unknown>;
  vouchersGenerationStatus: string;
  assignedRules: AssignedRules;
  createdAt: Date;
  updatedAt: Date | null;
}

export type NewCampaign = Omit<
  Campaign,
  'id' | 'revision' | 'vouchersGenerationStatus' | 'assignedRules' | 'knownCategory' | 'createdAt' | 'updatedAt'
>;
export type CampaignChange = Partial<
  Pick<Campaign, 'type' | 'template' | 'startDate' | 'expirationDate' | 'category' | 'description' | 'metadata' | 'active'>
>;

export const campaignColumns = (db: Db) => db`
  c.project_id, c.id, c.name, c.campaign_type, c.type, c.revision, t.template, c.start_date, c.expiration_date, c.active, c.category, ${knownCategory(db, 'c')}, c.description,
  c.metadata, c.vouchers_generation_status, ${assignedRules(db, 'c')}, c.created_at, c.updated_at`;

export const campaignSource = (db: Db) => db`
  campaign c join campaign_template t on t.project_id = c.project_id and t.campaign_id = c.id and t.revision = c.revision`;

/** The campaign as the API shows it. */
export const campaignView = (campaign: Campaign) => ({
  id: campaign.id,
  name: campaign.name,
  campaign_type: campaign.campaignType,
  type: campaign.type,
  category: campaign.category,
  ...knownCategoryView(campaign.knownCategory),
  description: campaign.description,
  // Absent where there is none, as clients of the API expect it of campaigns.
  start_date: campaign.startDate?.toISOString(),
  expiration_date: campaign.expirationDate?.toISOString(),
  activity_duration_after_publishing: campaign.template.activity_duration_after_publishing ?? null,
  on_refund: campaign.template.on_refund ?? 'keep',
  ...windowView(campaign.template),
  active: campaign.active,
  metadata: campaign.metadata,
  voucher:
    campaign.campaignType === 'PROMOTION'
      ? null
      : {
          type: campaign.template.type,
          discount: campaign.template.discount ?? null,
          gift: campaign.template.gift ?? null,
          loyalty_card: campaign.template.loyalty_card ?? null,
          redemption: campaign.template.redemption,
          limits: campaign.template.limits,
          code_config: wholeCodeConfig(campaign.template.code_config ?? {}),
          is_referral_code: campaign.campaignType === 'REFERRAL_PROGRAM',
        },
  referral_program: campaign.template.referral_program,
  auto_join: campaign.template.auto_join ?? false,
  join_once: campaign.campaignType === 'LOYALTY_PROGRAM',
  use_voucher_metadata_schema: campaign.campaignType !== 'PROMOTION',
  ...(campaign.campaignType === 'LOYALTY_PROGRAM' && { loyalty_tiers_expiration: campaign.template.loyalty_tiers_expiration }),
  limits: campaign.template.campaign_limits ?? null,
  creation_status: 'DONE' as const,
  vouchers_generation_status: campaign.vouchersGenerationStatus,
  protected: false as const,
  revision: campaign.revision,
  validation_rules_assignments: assignedRulesView(campaign.assignedRules),
  created_at: campaign.createdAt.toISOString(),
  updated_at: campaign.updatedAt?.toISOString() ?? null,
  object: 'campaign' as const,
});

/** Tells of a campaign in the transaction that changes it. */
const recordCampaignEvent = (tx: Tx, type: string, campaign: Campaign, now: Date) =>
  recordEvents(tx, [
    { projectId: campaign.projectId, type, customerId: null, data: { campaign: campaignView(campaign) }, dedupeKey: null, occurredAt: now },
  ]);

/** Tells how the making of many vouchers goes, and keeps it with the campaign. */
export const tellGeneration = async (
  tx: Tx,
  campaign: Pick<Campaign, 'projectId' | 'id' | 'name'>,
  progress: 'started' | 'completed' | 'failed',
  data: Record<string, unknown>,
  now: Date,
): Promise<void> => {
  const status = { started: 'IN_PROGRESS', completed: 'DONE', failed: 'FAILED' }[progress];
  await tx`update campaign set vouchers_generation_status = ${status} where project_id = ${campaign.projectId} and id = ${campaign.id}`;
  const type = `campaign.vouchers.generation.${progress}`;
  const of = { campaign_id: campaign.id, campaign: campaign.name };
  await recordEvents(tx, [
    { projectId: campaign.projectId, type, customerId: null, data: { ...of, ...data }, dedupeKey: null, occurredAt: now },
  ]);
};

const writeTemplate = (tx: Tx, campaign: Pick<Campaign, 'projectId' | 'id' | 'revision' | 'template'>) => tx`
  insert into campaign_template (project_id, campaign_id, revision, template)
  values (${campaign.projectId}, ${campaign.id}, ${campaign.revision}, ${tx.json(campaign.template as never)})`;

/** @returns null where the project has a campaign of this name */
export const createCampaign = async (tx: Tx, campaign: NewCampaign, now: Date): Promise<Campaign | null> => {
  const id = newId('campaign');
  const row: Campaign = {
    ...campaign,
    id,
    revision: 1,
    vouchersGenerationStatus: 'DONE',
    assignedRules: null,
    knownCategory: await findKnownCategory(tx, campaign.projectId, campaign.category),
    createdAt: idTime(id),
    updatedAt: null,
  };
  const { count } = await tx`
    insert into campaign (project_id, id, name, campaign_type, type, revision, start_date, expiration_date, active, category, description, metadata,
      vouchers_generation_status, created_at)
    values (${row.projectId}, ${row.id}, ${row.name}, ${row.campaignType}, ${row.type}, ${row.revision}, ${row.startDate}, ${row.expirationDate},
      ${row.active}, ${row.category}, ${row.description}, ${tx.json(row.metadata as never)}, ${row.vouchersGenerationStatus}, ${row.createdAt})
    on conflict (project_id, name) do nothing`;
  if (count === 0) return null;
  await writeTemplate(tx, row);
  await recordCampaignEvent(tx, 'campaign.created', row, now);
  return row;
};

/** By id, else by name. */
export const findCampaign = async (db: Db, projectId: string, idOrName: string): Promise<Campaign | null> => {
  const [row] = await db<Campaign[]>`
    select ${campaignColumns(db)} from ${campaignSource(db)}
    where c.project_id = ${projectId} and (c.id = ${idOrName} or c.name = ${idOrName}) order by c.id = ${idOrName} desc limit 1`;
  return row ?? null;
};

/** Campaigns by their ids, in that order. */
export const findCampaigns = (db: Db, projectId: string, ids: string[]) => db<Campaign[]>`
  select ${campaignColumns(db)} from ${campaignSource(db)}
  where c.project_id = ${projectId} and c.id = any(${ids}::text[]) order by array_position(${ids}::text[], c.id)`;

/** Locks the campaign for a change. */
export const lockCampaign = async (tx: Tx, projectId: string, idOrName: string): Promise<Campaign | null> => {
  const [locked] = await tx<{ id: string }[]>`
    select id from campaign where project_id = ${projectId} and (id = ${idOrName} or name = ${idOrName})
    order by id = ${idOrName} desc limit 1 for no key update`;
  return locked ? findCampaign(tx, projectId, locked.id) : null;
};

/** Changes a campaign that is locked. A new template is a new revision. */
export const updateCampaign = async (tx: Tx, campaign: Campaign, change: CampaignChange, event: string, now: Date): Promise<Campaign> => {
  const next: Campaign = {
    ...campaign,
    ...change,
    ...(change.category !== undefined && { knownCategory: await findKnownCategory(tx, campaign.projectId, change.category) }),
    revision: campaign.revision + (change.template ? 1 : 0),
    updatedAt: now,
  };
  if (change.template) await writeTemplate(tx, next);
  await changeLimits(tx, campaign, next, now);
  await tx`
    update campaign set type = ${next.type}, revision = ${next.revision}, start_date = ${next.startDate}, expiration_date = ${next.expirationDate},
      active = ${next.active}, category = ${next.category}, description = ${next.description}, metadata = ${tx.json(next.metadata as never)},
      updated_at = ${now}
    where project_id = ${next.projectId} and id = ${next.id}`;
  await recordCampaignEvent(tx, event, next, now);
  return next;
};

/**
 * Deletes a campaign and its vouchers; redemptions stay. Vouchers go first, as the lock order asks, and once more after the campaign, for those
 * that were written until its row was free.
 */
export const deleteCampaign = async (tx: Tx, campaign: Campaign, now: Date): Promise<void> => {
  const deleteVouchers = () => tx`
    delete from voucher where project_id = ${campaign.projectId} and id in (
      select id from voucher where project_id = ${campaign.projectId} and campaign_id = ${campaign.id} order by id for update)`;
  await forgetCampaignAssignments(tx, campaign.projectId, campaign.id);
  await deleteVouchers();
  const { count } = await tx`delete from campaign where project_id = ${campaign.projectId} and id = ${campaign.id}`;
  await deleteVouchers();
  await forgetCounters(tx, campaign.projectId, 'campaign', [campaign.id]);
  if (count === 1) await recordCampaignEvent(tx, 'campaign.deleted', campaign, now);
};

export const countVouchers = async (db: Db, campaign: Pick<Campaign, 'projectId' | 'id'>): Promise<number> => {
  const [row] = await db<{ count: number }[]>`
    select count(*) from voucher where project_id = ${campaign.projectId} and campaign_id = ${campaign.id}`;
  return row?.count ?? 0;
};
