import { cardOfRow } from '../../domain/csv/card-row.ts';
import { accept, accepted, CSV_DESCRIPTION, fileRows, listRows, loyaltyCardTarget } from '../bulk/import-requests.ts';
import { findLoyaltyProgram } from '../loyalty/program.ts';
import { route, type RequestContext, type Route } from '../http/route.ts';
import { importBody, importCsvQuery, importQuery } from '../schemas/import.ts';
import { programParams } from '../schemas/loyalty.ts';

type Context = Pick<RequestContext<{ campaign: string }>, 'project' | 'params'>;

const tag = 'Imports';
const responses = { ...accepted, 404: { description: 'There is no such loyalty program' } };

const cardsOf = ({ project, params }: Context) => loyaltyCardTarget(project, (tx) => findLoyaltyProgram(tx, project.id, params.campaign));

export const createLoyaltyImportRoutes = (): Route[] => [
  route({
    method: 'post',
    path: '/v1/loyalties/{campaign}/importCSV',
    tag,
    summary: 'Import the cards of a loyalty program, with their points and members, from a CSV file',
    description: CSV_DESCRIPTION,
    scope: 'loyalties:write',
    params: programParams,
    query: importCsvQuery,
    takesFile: true,
    responses,
    handler: (context) => accept(context, context.query.all_or_nothing, () => fileRows(context, cardOfRow), cardsOf(context)),
  }),
  route({
    method: 'post',
    path: '/v1/loyalties/{campaign}/import',
    tag,
    summary: 'Import the cards of a loyalty program, with their points and members, from a list',
    scope: 'loyalties:write',
    params: programParams,
    query: importQuery,
    body: importBody,
    responses,
    handler: (context) => accept(context, context.query.all_or_nothing, () => listRows(context.body), cardsOf(context)),
  }),
];
