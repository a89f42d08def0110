import type { z } from 'zod';
import type { QualificationActivities } from '../../activities/qualification/qualification.ts';
import { campaignView, findCampaigns } from '../../db/campaign/campaigns.ts';
import type { Sql } from '../../db/client.ts';
import { stackingRulesOf } from '../../db/promotion/stacking-rules.ts';
import { voucherView } from '../../db/voucher/changes.ts';
import { findVouchersByCode } from '../../db/voucher/vouchers.ts';
import { questionOf } from '../checkout/request.ts';
import { route, type RequestContext, type Route } from '../http/route.ts';
import {
  olderQualificationBody,
  olderQualificationQuery,
  qualifiedCampaignsSchema,
  qualifiedVouchersSchema,
} from '../schemas/older-qualification.ts';

export interface OlderQualificationRoutesDeps {
  sql: Sql;
  qualification: Pick<QualificationActivities, 'qualify'>;
}

type Context = RequestContext<unknown, z.output<typeof olderQualificationQuery>, z.output<typeof olderQualificationBody>>;

const tag = 'Qualifications';

/** Views on what `POST /qualifications` tells, in the shapes that older clients ask for. */
export const createOlderQualificationRoutes = ({ sql, qualification }: OlderQualificationRoutesDeps): Route[] => {
  /** Ids, or codes, of what qualifies of one kind, in the order asked. */
  const idsOf = async (context: Context, object: 'voucher' | 'campaign'): Promise<{ ids: string[]; total: number }> => {
    const { query, body, project } = context;
    const { redeemables } = await qualification.qualify({
      ...questionOf(context, body, [], stackingRulesOf(project.stackingRules), 'stack', []),
      scenario: query.audienceRulesOnly ? 'AUDIENCE_ONLY' : 'ALL',
      sorting: query.order.startsWith('-') ? 'DEFAULT' : 'OLDEST',
      filters: { junction: 'AND', fields: { resource_type: { $is: [object] } } },
      limit: query.limit,
      startingAfter: null,
    });
    return { ids: redeemables.data.map((each) => each.id), total: redeemables.total };
  };

  const answer = (data: object[], total: number) => ({ status: 200, body: { object: 'list', data_ref: 'data', data, total } });

  return [
    route({
      method: 'post',
      path: '/v1/vouchers/qualification',
      tag,
      summary: 'List the vouchers that apply to a customer and a cart (older call)',
      scope: 'qualifications:write',
      query: olderQualificationQuery,
      body: olderQualificationBody,
      responses: { 200: { description: 'Vouchers', schema: qualifiedVouchersSchema } },
      handler: async (context) => {
        const { ids, total } = await idsOf(context, 'voucher');
        const vouchers = await findVouchersByCode(sql, context.project, ids);
        return answer(vouchers.map(voucherView), total);
      },
    }),
    route({
      method: 'post',
      path: '/v1/campaigns/qualification',
      tag,
      summary: 'List the campaigns of which a customer could get a code for a cart (older call)',
      scope: 'qualifications:write',
      query: olderQualificationQuery,
      body: olderQualificationBody,
      responses: { 200: { description: 'Campaigns', schema: qualifiedCampaignsSchema } },
      handler: async (context) => {
        const { ids, total } = await idsOf(context, 'campaign');
        const campaigns = await findCampaigns(sql, context.project.id, ids);
        return answer(campaigns.map(campaignView), total);
      },
    }),
  ];
};
