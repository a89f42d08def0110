import { listCampaigns } from '../../db/campaign/list.ts';
import { campaignView, deleteCampaign } from '../../db/campaign/campaigns.ts';
import type { Sql } from '../../db/client.ts';
import { changeCampaign, makeCampaign, wholeCampaign, type CampaignDeps } from '../campaign/requests.ts';
import { findLoyaltyProgram, lockLoyaltyProgram } from '../loyalty/program.ts';
import { route, type Route } from '../http/route.ts';
import { campaignListSchema, campaignSchema, updateCampaignBody } from '../schemas/campaign.ts';
import { list } from '../schemas/list.ts';
import { createProgramBody, listProgramsQuery, programParams } from '../schemas/loyalty.ts';
import { deleteQuery } from '../schemas/voucher.ts';

export interface LoyaltyRoutesDeps extends CampaignDeps {
  sql: Sql;
}

const tag = 'Loyalty programs';
const found = { description: 'The program', schema: campaignSchema };
const missing = { description: 'There is no such loyalty program' };

/** A loyalty program is a campaign: the same by a name of its own. */
export const createLoyaltyRoutes = (deps: LoyaltyRoutesDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/loyalties',
    tag,
    summary: 'List loyalty programs',
    scope: 'loyalties:read',
    query: listProgramsQuery,
    responses: { 200: { description: 'Programs', schema: campaignListSchema } },
    handler: async ({ project, query }) => {
      const { limit, page, order, starting_after: startingAfter } = query;
      const request = { limit, page, descending: order === '-created_at', startingAfter };
      const programs = await listCampaigns(deps.sql, project.id, { campaignType: 'LOYALTY_PROGRAM' }, request);
      return { status: 200, body: list('campaigns', programs.rows.map(campaignView), programs) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/loyalties',
    tag,
    summary: 'Create a loyalty program',
    scope: 'loyalties:write',
    body: createProgramBody,
    responses: { 200: found, 409: { description: 'A campaign of this name exists' } },
    handler: ({ project, body, write }) => write(async (tx) => ({ status: 200, body: await makeCampaign(tx, project, body, deps) })),
  }),
  route({
    method: 'get',
    path: '/v1/loyalties/{campaign}',
    tag,
    summary: 'Get a loyalty program',
    scope: 'loyalties:read',
    params: programParams,
    responses: { 200: found, 404: missing },
    handler: async ({ project, params }) => {
      const program = await findLoyaltyProgram(deps.sql, project.id, params.campaign);
      return { status: 200, body: await wholeCampaign(deps.sql, program) };
    },
  }),
  route({
    method: 'put',
    path: '/v1/loyalties/{campaign}',
    tag,
    summary: 'Update a loyalty program',
    description: 'What is left out stays as it is; null empties a field. Metadata is replaced.',
    scope: 'loyalties:write',
    params: programParams,
    body: updateCampaignBody,
    responses: { 200: found, 404: missing },
    handler: ({ project, params, body, write }) =>
      write(async (tx) => {
        const program = await lockLoyaltyProgram(tx, project.id, params.campaign);
        return { status: 200, body: await changeCampaign(tx, program, body, deps.now()) };
      }),
  }),
  route({
    method: 'delete',
    path: '/v1/loyalties/{campaign}',
    tag,
    summary: 'Delete a loyalty program with its cards and rules',
    description: 'What came to the cards and went stays in the account.',
    scope: 'loyalties:write',
    params: programParams,
    query: deleteQuery,
    responses: { 204: { description: 'Deleted' }, 404: missing },
    handler: ({ project, params, write }) =>
      write(async (tx) => {
        await deleteCampaign(tx, await findLoyaltyProgram(tx, project.id, params.campaign), deps.now());
        return { status: 204 };
      }),
  }),
];
