import type { z } from 'zod';
import { sweepTiersFirst } from '../../activities/loyalty/tiers.ts';
import {
  campaignView,
  countVouchers,
  createCampaign,
  findCampaign,
  updateCampaign,
  type Campaign,
  type CampaignChange,
  type NewCampaign,
} from '../../db/campaign/campaigns.ts';
import type { Db, Tx } from '../../db/client.ts';
import { restartTierSweep } from '../../db/loyalty/tiers.ts';
import type { Project } from '../../db/project/projects.ts';
import { tiersOfCampaign } from '../../db/promotion/tiers.ts';
import { assignRules } from '../../db/validation-rules/rule-assignments.ts';
import { createCampaignVouchers } from '../../db/voucher/creation.ts';
import { parseCodeConfig, requireHardToGuess } from '../../domain/voucher/code-pattern.ts';
import { DomainError, invalidPayload } from '../../domain/errors.ts';
import { withWindow, type ReferralProgram } from '../../domain/voucher/template.ts';
import { withCategoryName } from './named-category.ts';
import { addTier, tierViews } from './promotion-tier.ts';
import { refereeRewardOf } from './referee-reward.ts';
import { requireRules } from './rule-references.ts';
import type { createCampaignBody, updateCampaignBody } from '../schemas/campaign.ts';
import { list } from '../schemas/list.ts';
import { requireStart, windowAfter, windowOf } from './validity.ts';

export interface CampaignDeps {
  now: () => Date;
  /** A cryptographically secure source. */
  randomBytes: (n: number) => Uint8Array;
}

type CreateBody = z.output<typeof createCampaignBody>;

/** Refuses what only campaigns of a type have. */
const requireType = (type: string, needed: string, called: string, asked: Record<string, unknown>): void => {
  const given = Object.keys(asked).filter((path) => asked[path] !== undefined);
  if (given.length > 0 && type !== needed)
    throw invalidPayload(given.map((path) => ({ path, message: `must not be given: the campaign is no ${called}` })));
};

/** What a body says of referrals, with the campaign that a reward names. @throws DomainError invalid_payload */
const referralProgramOf = async (
  db: Db,
  projectId: string,
  { referral_program: program }: Pick<CreateBody, 'referral_program'>,
): Promise<{ referral_program?: ReferralProgram }> => {
  if (!program) return {};
  const { referee_reward: reward, ...more } = program;
  return { referral_program: { ...more, ...(reward && { referee_reward: await refereeRewardOf(db, projectId, reward) }) } };
};

/** What a body changes of a program of loyalty or referrals. @throws DomainError invalid_payload, where the campaign is none */
const programChange = async (db: Db, { projectId, campaignType }: Campaign, body: z.output<typeof updateCampaignBody>) => {
  const { auto_join, join_once, voucher, loyalty_tiers_expiration, referral_program } = body;
  requireType(campaignType, 'LOYALTY_PROGRAM', 'loyalty program', { auto_join, join_once, voucher, loyalty_tiers_expiration });
  requireType(campaignType, 'REFERRAL_PROGRAM', 'referral program', { referral_program });
  const card = voucher?.loyalty_card;
  const change = {
    ...(auto_join !== undefined && { auto_join }),
    ...(card && { loyalty_card: card }),
    ...(loyalty_tiers_expiration && { loyalty_tiers_expiration }),
    ...(await referralProgramOf(db, projectId, body)),
  };
  return Object.keys(change).length > 0 ? change : null;
};

const templateChange = async (
  db: Db,
  campaign: Campaign,
  body: z.output<typeof updateCampaignBody>,
): Promise<Pick<CampaignChange, 'template'>> => {
  const { discount, limits, activity_duration_after_publishing: duration, on_refund } = body;
  const ofProgram = await programChange(db, campaign, body);
  const window = windowAfter(campaign.template, body);
  if (
    discount === undefined &&
    duration === undefined &&
    limits === undefined &&
    on_refund === undefined &&
    window === undefined &&
    !ofProgram
  )
    return {};
  if (discount !== undefined && campaign.template.discount === undefined)
    throw invalidPayload([{ path: 'discount', message: 'must not be given: the vouchers of this campaign give no discount' }]);
  const { activity_duration_after_publishing: _, campaign_limits: before, ...kept } = campaign.template;
  const campaignLimits = limits === undefined ? before : limits;
  const after = duration === undefined ? campaign.template.activity_duration_after_publishing : duration;
  return {
    template: {
      ...(window === undefined ? kept : withWindow(kept, window)),
      ...ofProgram,
      ...(discount && { discount }),
      ...(on_refund !== undefined && { on_refund }),
      ...(after != null && { activity_duration_after_publishing: after }),
      ...(campaignLimits != null && { campaign_limits: campaignLimits }),
    },
  };
};

const changeOf = async (db: Db, campaign: Campaign, body: z.output<typeof updateCampaignBody>): Promise<CampaignChange> => ({
  ...(await templateChange(db, campaign, body)),
  ...(body.type !== undefined && { type: body.type }),
  ...(body.category !== undefined && { category: body.category }),
  ...(body.description !== undefined && { description: body.description }),
  ...(body.start_date !== undefined && { startDate: body.start_date }),
  ...(body.expiration_date !== undefined && { expirationDate: body.expiration_date }),
  ...(body.metadata !== undefined && { metadata: body.metadata ?? {} }),
});

/** The campaign that a creation body describes. @throws DomainError invalid_payload, where it names a campaign that does not fit */
export const newCampaignOf = async (db: Db, projectId: string, body: CreateBody): Promise<NewCampaign> => ({
  projectId,
  name: body.name,
  campaignType: body.campaign_type,
  type: body.type,
  template: {
    type: body.voucher?.type ?? 'DISCOUNT_VOUCHER',
    ...(body.voucher?.discount && { discount: body.voucher.discount }),
    ...(body.voucher?.gift && { gift: body.voucher.gift }),
    ...(body.voucher?.loyalty_card && { loyalty_card: body.voucher.loyalty_card }),
    ...(body.auto_join !== undefined && { auto_join: body.auto_join }),
    ...(body.loyalty_tiers_expiration && { loyalty_tiers_expiration: body.loyalty_tiers_expiration }),
    redemption: { quantity: body.voucher?.redemption?.quantity ?? null },
    ...(body.voucher?.limits && { limits: body.voucher.limits }),
    ...(body.limits && { campaign_limits: body.limits }),
    code_config: body.voucher?.code_config ?? {},
    ...(body.on_refund !== undefined && { on_refund: body.on_refund }),
    ...windowOf(body),
    ...(await referralProgramOf(db, projectId, body)),
    ...(body.activity_duration_after_publishing != null && { activity_duration_after_publishing: body.activity_duration_after_publishing }),
  },
  startDate: body.start_date ?? null,
  expirationDate: body.expiration_date ?? null,
  active: body.active,
  category: body.category ?? null,
  description: body.description ?? null,
  metadata: body.metadata ?? {},
});

/** The tiers of a promotion; nothing for other campaigns. */
const promotionView = async (db: Db, { projectId, id, campaignType }: Campaign) => {
  if (campaignType !== 'PROMOTION') return {};
  const tiers = await tierViews(db, projectId, await tiersOfCampaign(db, projectId, id));
  return { promotion: list('tiers', tiers, { total: tiers.length, hasMore: false }) };
};

/** A campaign as it is shown alone. */
export const wholeCampaign = async (db: Db, campaign: Campaign) => ({
  ...campaignView(campaign),
  ...(await promotionView(db, campaign)),
  vouchers_count: await countVouchers(db, campaign),
});

/** Makes the campaign that a body describes, with its rules, tiers and first vouchers. @throws DomainError duplicate_found, invalid_payload */
export const makeCampaign = async (tx: Tx, project: Project, body: CreateBody, { now, randomBytes }: CampaignDeps) => {
  const { voucher, vouchers_count: count = 0, validation_rules: rules = [], promotion } = body;
  const pattern = parseCodeConfig(voucher?.code_config ?? {}, { caseSensitive: project.caseSensitiveCodes });
  requireHardToGuess(pattern, Math.max(count, 1));
  const tiers = promotion?.tiers ?? [];
  await requireRules(tx, project.id, [...new Set([...rules, ...tiers.flatMap((tier) => tier.validation_rules ?? [])])]);
  const named = { ...body, ...(await withCategoryName(tx, project.id, body)) };
  const campaign = await createCampaign(tx, await newCampaignOf(tx, project.id, named), now());
  if (!campaign)
    throw new DomainError('duplicate_found', `A campaign with the name ${body.name} exists already.`, {
      resource: { type: 'campaign', id: body.name },
    });
  if (count > 0) await createCampaignVouchers(tx, campaign, count, {}, pattern, { project, now: now(), randomBytes });
  for (const tier of tiers) await addTier(tx, campaign, tier, now());
  if (rules.length > 0) await assignRules(tx, project.id, rules, { type: 'campaign', id: campaign.id }, now());
  const made = rules.length > 0 ? (await findCampaign(tx, project.id, campaign.id))! : campaign;
  return { ...campaignView(made), ...(await promotionView(tx, made)), vouchers_count: count };
};

/** Changes a campaign that is locked as a body says. @throws DomainError invalid_payload */
export const changeCampaign = async (tx: Tx, campaign: Campaign, body: z.output<typeof updateCampaignBody>, now: Date) => {
  const change = await changeOf(tx, campaign, { ...body, ...(await withCategoryName(tx, campaign.projectId, body)) });
  const next = { ...campaign, ...change };
  requireStart(next.template, next.startDate);
  if (next.startDate && next.expirationDate && next.startDate >= next.expirationDate)
    throw invalidPayload([{ path: 'expiration_date', message: 'must be after start_date' }]);
  const updated = await updateCampaign(tx, campaign, change, 'campaign.updated', now);
  if (body.loyalty_tiers_expiration) {
    await restartTierSweep(tx, campaign.projectId, campaign.id);
    await sweepTiersFirst(tx, campaign, now);
  }
  return campaignView(updated);
};
