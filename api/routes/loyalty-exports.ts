import { createExportRequests, type ExportDeps } from '../bulk/export-requests.ts';
import { findMember } from '../loyalty/member.ts';
import { findLoyaltyProgram } from '../loyalty/program.ts';
import { route, type Route } from '../http/route.ts';
import { exportSchema, exportTransactionsBody } from '../schemas/export.ts';
import { memberOfProgramParams, memberParams, programParams } from '../schemas/loyalty.ts';

const tag = 'Exports';
const answers = {
  200: { description: 'The export', schema: exportSchema },
  404: { description: 'There is no such loyalty program or card' },
};
const is = (field: string, id: string) => ({ [field]: { conditions: { $in: [id] } } });

/** Exports of what belongs to one loyalty card, or to one program. */
export const createLoyaltyExportRoutes = (deps: ExportDeps): Route[] => {
  const { enqueue } = createExportRequests(deps);
  const ofProgram = (path: string, exported_object: 'voucher_transactions' | 'points_expiration', summary: string): Route =>
    route({
      method: 'post',
      path: `/v1/loyalties/{campaign}/${path}`,
      tag,
      summary,
      scope: 'exports:write',
      params: programParams,
      body: exportTransactionsBody,
      responses: answers,
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          const { id } = await findLoyaltyProgram(tx, project.id, params.campaign);
          return enqueue(tx, project.id, { exported_object, parameters: { ...body.parameters, filters: is('campaign_id', id) } });
        }),
    });

  return [
    ...[
      { path: '/v1/loyalties/{campaign}/members/{member}', params: memberOfProgramParams },
      { path: '/v1/loyalties/members/{member}', params: memberParams },
    ].map(({ path, params }) =>
      route({
        method: 'post',
        path: `${path}/transactions/export`,
        tag,
        summary: 'Export what came to a loyalty card and went as CSV',
        scope: 'exports:write',
        params,
        body: exportTransactionsBody,
        responses: answers,
        handler: ({ project, params: named, body, write }) =>
          write(async (tx) => {
            const filters = is('voucher_id', (await findMember(tx, project, named)).id);
            return enqueue(tx, project.id, { exported_object: 'voucher_transactions', parameters: { ...body.parameters, filters } });
          }),
      }),
    ),
    ofProgram('transactions/export', 'voucher_transactions', 'Export what came to the cards of a loyalty program and went as CSV'),
    ofProgram('points-expiration/export', 'points_expiration', 'Export when the points of a loyalty program expire as CSV'),
  ];
};
