import type { z } from 'zod';
import { CAMPAIGN_VOUCHERS_GENERATE, type VoucherRequest } from '../../activities/bulk/make-vouchers.ts';
import { enqueueAsyncAction } from '../../db/async-actions.ts';
import { listCampaigns } from '../../db/campaign-list.ts';
import {
  campaignView,
  countVouchers,
  createCampaign,
  deleteCampaign,
  findCampaign,
  lockCampaign,
  tellGeneration,
  updateCampaign,
  type Campaign,
  type CampaignChange,
  type NewCampaign,
} from '../../db/campaigns.ts';
import type { Sql, Tx } from '../../db/client.ts';
import type { Project } from '../../db/projects.ts';
import { tiersOfCampaign } from '../../db/promotion-tiers.ts';
import { voucherView } from '../../db/voucher-changes.ts';
import { createCampaignVouchers, createVouchers, draftOfCampaign, fixedCode, requireVouchers } from '../../db/voucher-creation.ts';
import { parseCodeConfig, requireHardToGuess } from '../../domain/code-pattern.ts';
import { DomainError } from '../../domain/errors.ts';
import { assignRules } from '../../db/rule-assignments.ts';
import { withWindow } from '../../domain/voucher-template.ts';
import { notFound } from '../errors.ts';
import { withCategoryName } from '../named-category.ts';
import { addTier, tierViews } from '../promotion-tier.ts';
import { route, type Answer, type RequestContext, type Route } from '../route.ts';
import {
  addedVouchersSchema,
  addVouchersQuery,
  campaignListSchema,
  campaignParams,
  campaignSchema,
  campaignVoucherParams,
  createCampaignBody,
  listCampaignsQuery,
  updateCampaignBody,
} from '../schemas/campaign.ts';
import { requireRules } from '../rule-references.ts';
import { list } from '../schemas/list.ts';
import { campaignVoucherBody, campaignVoucherWithCodeBody, deleteQuery, voucherSchema } from '../schemas/voucher.ts';
import { ownOf } from '../voucher-of-campaign.ts';

import { requireStart, windowAfter, windowOf } from '../validity.ts';

export interface CampaignRoutesDeps {
  sql: Sql;
  now: () => Date;
  /** A cryptographically secure source. */
  randomBytes: (n: number) => Uint8Array;
}

const found = { description: 'The campaign', schema: campaignSchema };
const missing = { description: 'There is no such campaign' };

const templateChange = (campaign: Campaign, body: z.output<typeof updateCampaignBody>): Pick<CampaignChange, 'template'> => {
  const { discount, limits, activity_duration_after_publishing: duration, on_refund } = body;
  const window = windowAfter(campaign.template, body);
  if (discount === undefined && duration === undefined && limits === undefined && on_refund === undefined && window === undefined)
    return {};
  if (discount !== undefined && campaign.template.discount === undefined)
    throw new DomainError('invalid_payload', 'The request has fields that are wrong.', {
      fields: [{ path: 'discount', message: 'must not be given: the vouchers of this campaign give no discount' }],
    });
  const { activity_duration_after_publishing: _, campaign_limits: before, ...kept } = campaign.template;
  const campaignLimits = limits === undefined ? before : limits;
  const after = duration === undefined ? campaign.template.activity_duration_after_publishing : duration;
  return {
    template: {
      ...(window === undefined ? kept : withWindow(kept, window)),
      ...(discount && { discount }),
      ...(on_refund !== undefined && { on_refund }),
      ...(after != null && { activity_duration_after_publishing: after }),
      ...(campaignLimits != null && { campaign_limits: campaignLimits }),
    },
  };
};

const changeOf = (campaign: Campaign, body: z.output<typeof updateCampaignBody>): CampaignChange => ({
  ...templateChange(campaign, body),
  ...(body.type !== undefined && { type: body.type }),
  ...(body.category !== undefined && { category: body.category }),
  ...(body.description !== undefined && { description: body.description }),
  ...(body.start_date !== undefined && { startDate: body.start_date }),
  ...(body.expiration_date !== undefined && { expirationDate: body.expiration_date }),
  ...(body.metadata !== undefined && { metadata: body.metadata ?? {} }),
});

/** The campaign that a creation body describes. */
export const newCampaignOf = (projectId: string, body: z.output<typeof createCampaignBody>): NewCampaign => ({
  projectId,
  name: body.name,
  campaignType: body.campaign_type,
  type: body.type,
  template: {
    type: body.voucher?.type ?? 'DISCOUNT_VOUCHER',
    ...(body.voucher?.discount && { discount: body.voucher.discount }),
    ...(body.voucher?.gift && { gift: body.voucher.gift }),
    redemption: { quantity: body.voucher?.redemption?.quantity ?? null },
    ...(body.voucher?.limits && { limits: body.voucher.limits }),
    ...(body.limits && { campaign_limits: body.limits }),
    code_config: body.voucher?.code_config ?? {},
    ...(body.on_refund !== undefined && { on_refund: body.on_refund }),
    ...windowOf(body),
    ...(body.referral_program && { referral_program: body.referral_program }),
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
const promotionView = async (db: Sql | Tx, { projectId, id, campaignType }: Campaign) => {
  if (campaignType !== 'PROMOTION') return {};
  const tiers = await tierViews(db, projectId, await tiersOfCampaign(db, projectId, id));
  return { promotion: list('tiers', tiers, { total: tiers.length, hasMore: false }) };
};

export const createCampaignRoutes = ({ sql, now, randomBytes }: CampaignRoutesDeps): Route[] => {
  const locked = async (tx: Tx, project: Project, idOrName: string): Promise<Campaign> => {
    const campaign = await lockCampaign(tx, project.id, idOrName);
    if (!campaign) throw notFound('campaign', idOrName);
    return campaign;
  };
  const known = async (db: Sql | Tx, project: Project, idOrName: string): Promise<Campaign> => {
    const campaign = await findCampaign(db, project.id, idOrName);
    if (!campaign) throw notFound('campaign', idOrName);
    return campaign;
  };
  const setActive = ({ project, params, write }: RequestContext<{ id: string }>, active: boolean): Promise<Answer> =>
    write(async (tx) => {
      const campaign = await locked(tx, project, params.id);
      const event = active ? 'campaign.enabled' : 'campaign.disabled';
      return { status: 200, body: campaignView(await updateCampaign(tx, campaign, { active }, event, now())) };
    });

  return [
    route({
      method: 'get',
      path: '/v1/campaigns',
      tag: 'Campaigns',
      summary: 'List campaigns',
      scope: 'campaigns:read',
      query: listCampaignsQuery,
      responses: { 200: { description: 'Campaigns', schema: campaignListSchema } },
      handler: async ({ project, query }) => {
        const { limit, page, order, starting_after: startingAfter, campaign_type: campaignType } = query;
        const descending = order === '-created_at';
        const campaigns = await listCampaigns(sql, project.id, { campaignType }, { limit, page, descending, startingAfter });
        return { status: 200, body: list('campaigns', campaigns.rows.map(campaignView), campaigns) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/campaigns',
      tag: 'Campaigns',
      summary: 'Create a campaign',
      scope: 'campaigns:write',
      body: createCampaignBody,
      responses: { 200: found, 409: { description: 'A campaign of this name exists' } },
      handler: ({ project, body, write }) => {
        const { voucher, vouchers_count: count = 0 } = body;
        const pattern = parseCodeConfig(voucher?.code_config ?? {}, { caseSensitive: project.caseSensitiveCodes });
        requireHardToGuess(pattern, Math.max(count, 1));
        return write(async (tx) => {
          const { validation_rules: rules = [], promotion } = body;
          const tiers = promotion?.tiers ?? [];
          await requireRules(tx, project.id, [...new Set([...rules, ...tiers.flatMap((tier) => tier.validation_rules ?? [])])]);
          const named = { ...body, ...(await withCategoryName(tx, project.id, body)) };
          const campaign = await createCampaign(tx, newCampaignOf(project.id, named), now());
          if (!campaign)
            throw new DomainError('duplicate_found', `A campaign with the name ${body.name} exists already.`, {
              resource: { type: 'campaign', id: body.name },
            });
          if (count > 0) await createCampaignVouchers(tx, campaign, count, {}, pattern, { project, now: now(), randomBytes });
          for (const tier of tiers) await addTier(tx, campaign, tier, now());
          if (rules.length > 0) await assignRules(tx, project.id, rules, { type: 'campaign', id: campaign.id }, now());
          const made = rules.length > 0 ? await known(tx, project, campaign.id) : campaign;
          return { status: 200, body: { ...campaignView(made), ...(await promotionView(tx, made)), vouchers_count: count } };
        });
      },
    }),
    route({
      method: 'get',
      path: '/v1/campaigns/{id}',
      tag: 'Campaigns',
      summary: 'Get a campaign',
      scope: 'campaigns:read',
      params: campaignParams,
      responses: { 200: found, 404: missing },
      handler: async ({ project, params }) => {
        const campaign = await known(sql, project, params.id);
        return {
          status: 200,
          body: { ...campaignView(campaign), ...(await promotionView(sql, campaign)), vouchers_count: await countVouchers(sql, campaign) },
        };
      },
    }),
    route({
      method: 'put',
      path: '/v1/campaigns/{id}',
      tag: 'Campaigns',
      summary: 'Update a campaign',
      description: 'What is left out stays as it is; null empties a field. Metadata is replaced.',
      scope: 'campaigns:write',
      params: campaignParams,
      body: updateCampaignBody,
      responses: { 200: found, 404: missing },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          const campaign = await locked(tx, project, params.id);
          const change = changeOf(campaign, { ...body, ...(await withCategoryName(tx, project.id, body)) });
          const next = { ...campaign, ...change };
          requireStart(next.template, next.startDate);
          if (next.startDate && next.expirationDate && next.startDate >= next.expirationDate)
            throw new DomainError('invalid_payload', 'The request has fields that are wrong.', {
              fields: [{ path: 'expiration_date', message: 'must be after start_date' }],
            });
          return { status: 200, body: campaignView(await updateCampaign(tx, campaign, change, 'campaign.updated', now())) };
        }),
    }),
    route({
      method: 'delete',
      path: '/v1/campaigns/{id}',
      tag: 'Campaigns',
      summary: 'Delete a campaign and its vouchers',
      description: 'Redemptions stay: they are the ledger.',
      scope: 'campaigns:write',
      params: campaignParams,
      query: deleteQuery,
      responses: { 204: { description: 'Deleted' }, 404: missing },
      handler: ({ project, params, write }) =>
        write(async (tx) => {
          await deleteCampaign(tx, await known(tx, project, params.id), now());
          return { status: 204 };
        }),
    }),
    route({
      method: 'post',
      path: '/v1/campaigns/{id}/vouchers',
      tag: 'Campaigns',
      summary: 'Add vouchers to a campaign',
      description: 'One voucher is answered as itself. More are made in the background: `/v1/async-actions/{id}` says how far that is.',
      scope: 'vouchers:write',
      params: campaignParams,
      query: addVouchersQuery,
      body: campaignVoucherBody,
      responses: {
        200: { description: 'What was added', schema: addedVouchersSchema },
        404: missing,
        409: { description: 'The code exists' },
      },
      handler: ({ project, params, query, body, write }) =>
        write(async (tx) => {
          const campaign = await known(tx, project, params.id);
          requireVouchers(campaign);
          const named = { ...body, ...(await withCategoryName(tx, project.id, body)) };
          const config = body.code_config ?? campaign.template.code_config ?? {};
          const pattern = parseCodeConfig(config, { caseSensitive: project.caseSensitiveCodes });
          const { vouchers_count: total } = query;
          if (total === 1) {
            const creation = { project, now: now(), randomBytes };
            const [voucher] = await createCampaignVouchers(tx, campaign, 1, ownOf(named), pattern, creation);
            return { status: 200, body: voucherView(voucher!) };
          }
          requireHardToGuess(pattern, total);
          const request: VoucherRequest = { code_config: config, own: ownOf(named) };
          const action = { projectId: project.id, type: CAMPAIGN_VOUCHERS_GENERATE, campaignId: campaign.id, total };
          const id = await enqueueAsyncAction(tx, { ...action, request: { ...request } });
          await tellGeneration(tx, campaign, 'started', { async_action_id: id, vouchers_count: total }, now());
          return { status: 200, body: { async_action_id: id } };
        }),
    }),
    route({
      method: 'post',
      path: '/v1/campaigns/{id}/vouchers/{code}',
      tag: 'Campaigns',
      summary: 'Add a voucher with this code to a campaign',
      scope: 'vouchers:write',
      params: campaignVoucherParams,
      body: campaignVoucherWithCodeBody,
      responses: { 200: { description: 'The voucher', schema: voucherSchema }, 404: missing, 409: { description: 'The code exists' } },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          const campaign = await known(tx, project, params.id);
          const creation = { project, now: now(), randomBytes };
          const own = ownOf({ ...body, ...(await withCategoryName(tx, project.id, body)) });
          const [voucher] = await createVouchers(tx, [draftOfCampaign(campaign, own)], fixedCode(params.code), creation);
          return { status: 200, body: voucherView(voucher!) };
        }),
    }),
    route({
      method: 'post',
      path: '/v1/campaigns/{id}/enable',
      tag: 'Campaigns',
      summary: 'Enable a campaign',
      scope: 'campaigns:write',
      params: campaignParams,
      responses: { 200: found, 404: missing },
      handler: (context) => setActive(context, true),
    }),
    route({
      method: 'post',
      path: '/v1/campaigns/{id}/disable',
      tag: 'Campaigns',
      summary: 'Disable a campaign, so that none of its vouchers can be redeemed',
      scope: 'campaigns:write',
      params: campaignParams,
      responses: { 200: found, 404: missing },
      handler: (context) => setActive(context, false),
    }),
  ];
};
