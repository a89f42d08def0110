import { CAMPAIGN_VOUCHERS_GENERATE, type VoucherRequest } from '../../activities/bulk/make-vouchers.ts';
import { enqueueAsyncAction } from '../../db/bulk/async-actions.ts';
import { listCampaigns } from '../../db/campaign/list.ts';
import {
  campaignView,
  deleteCampaign,
  findCampaign,
  lockCampaign,
  tellGeneration,
  updateCampaign,
  type Campaign,
} from '../../db/campaign/campaigns.ts';
import type { Sql, Tx } from '../../db/client.ts';
import type { Project } from '../../db/project/projects.ts';
import { voucherView } from '../../db/voucher/changes.ts';
import { createCampaignVouchers, createVouchers, draftOfCampaign, fixedCode, requireVouchers } from '../../db/voucher/creation.ts';
import { parseCodeConfig, requireHardToGuess } from '../../domain/voucher/code-pattern.ts';
import { notFound } from '../http/errors.ts';
import { changeCampaign, makeCampaign, wholeCampaign, type CampaignDeps } from '../campaign/requests.ts';
import { withCategoryName } from '../campaign/named-category.ts';
import { route, type Answer, type RequestContext, type Route } from '../http/route.ts';
import {
  addedVouchersSchema,
  addVouchersBody,
  addVouchersQuery,
  campaignListSchema,
  campaignParams,
  campaignSchema,
  campaignVoucherParams,
  createCampaignBody,
  listCampaignsQuery,
  updateCampaignBody,
} from '../schemas/campaign.ts';
import { list } from '../schemas/list.ts';
import { campaignVoucherWithCodeBody, deleteQuery, voucherSchema } from '../schemas/voucher.ts';
import { ownOf } from '../campaign/voucher-of-campaign.ts';

export interface CampaignRoutesDeps extends CampaignDeps {
  sql: Sql;
}

const found = { description: 'The campaign', schema: campaignSchema };
const missing = { description: 'There is no such campaign' };

export const createCampaignRoutes = (deps: CampaignRoutesDeps): Route[] => {
  const { sql, now, randomBytes } = deps;
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
      handler: ({ project, body, write }) => write(async (tx) => ({ status: 200, body: await makeCampaign(tx, project, body, deps) })),
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
        return { status: 200, body: await wholeCampaign(sql, await known(sql, project, params.id)) };
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
          return { status: 200, body: await changeCampaign(tx, await locked(tx, project, params.id), body, now()) };
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
      body: addVouchersBody,
      responses: {
        200: { description: 'What was added', schema: addedVouchersSchema },
        404: missing,
        409: { description: 'The code exists' },
      },
      handler: ({ project, params, query, body: { own: body, total = query.vouchers_count }, write }) =>
        write(async (tx) => {
          const campaign = await known(tx, project, params.id);
          requireVouchers(campaign);
          const named = { ...body, ...(await withCategoryName(tx, project.id, body)) };
          const config = body.code_config ?? campaign.template.code_config ?? {};
          const pattern = parseCodeConfig(config, { caseSensitive: project.caseSensitiveCodes });
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
