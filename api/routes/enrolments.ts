import { enrolmentView, timelineView } from '../../activities/journey/enrolment-view.ts';
import type { Sql } from '../../db/client.ts';
import { findCustomer } from '../../db/customers.ts';
import { countEnrolments, listEnrolments, listVisits, type EnrolmentFilter } from '../../db/enrolment-views.ts';
import { findJourney } from '../../db/journeys.ts';
import { notFound } from '../errors.ts';
import { route, type Answer, type Route } from '../route.ts';
import { customerParams } from '../schemas/customer.ts';
import { enrolmentListSchema, enrolmentParams, enrolmentWithTimelineSchema, listEnrolmentsQuery } from '../schemas/enrolment.ts';
import { journeyParams } from '../schemas/journey.ts';
import { list } from '../schemas/list.ts';

export interface EnrolmentRoutesDeps {
  sql: Sql;
}

const found = { description: 'Enrolments, the latest first', schema: enrolmentListSchema };

export const createEnrolmentRoutes = ({ sql }: EnrolmentRoutesDeps): Route[] => {
  const answer = async (projectId: string, filter: EnrolmentFilter, page: { limit: number; page: number }): Promise<Answer> => {
    const total = await countEnrolments(sql, projectId, filter);
    const rows = await listEnrolments(sql, projectId, filter, page);
    return { status: 200, body: list('enrolments', rows.map(enrolmentView), { total, hasMore: page.page * page.limit < total }) };
  };

  return [
    route({
      method: 'get',
      path: '/v1/enrolments/{id}',
      tag: 'Journeys',
      summary: 'Get an enrolment with its timeline',
      description: 'Each step with its time and outcome, where the customer stands, why, and when it goes on.',
      scope: 'journeys:read',
      params: enrolmentParams,
      responses: {
        200: { description: 'The enrolment', schema: enrolmentWithTimelineSchema },
        404: { description: 'There is no such enrolment' },
      },
      handler: async ({ project, params }) => {
        const [row] = await listEnrolments(sql, project.id, { id: params.id }, { limit: 1, page: 1 });
        if (row === undefined) throw notFound('enrolment', params.id);
        const visits = await listVisits(sql, project.id, row.id);
        return { status: 200, body: { ...enrolmentView(row), timeline: timelineView(row, visits) } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/customers/{id}/journeys',
      tag: 'Journeys',
      summary: 'List the journeys of a customer',
      scope: 'journeys:read',
      params: customerParams,
      query: listEnrolmentsQuery,
      responses: { 200: found, 404: { description: 'There is no such customer' } },
      handler: async ({ project, params, query: { state, ...page } }) => {
        const customer = await findCustomer(sql, project.id, params.id);
        if (customer === null) throw notFound('customer', params.id);
        return answer(project.id, { customerId: customer.id, state }, page);
      },
    }),
    route({
      method: 'get',
      path: '/v1/journeys/{id}/enrolments',
      tag: 'Journeys',
      summary: 'List the enrolments of a journey',
      scope: 'journeys:read',
      params: journeyParams,
      query: listEnrolmentsQuery,
      responses: { 200: found, 404: { description: 'There is no such journey' } },
      handler: async ({ project, params, query: { state, ...page } }) => {
        const journey = await findJourney(sql, project.id, params.id);
        if (journey === null) throw notFound('journey', params.id);
        return answer(project.id, { journeyId: journey.id, state }, page);
      },
    }),
  ];
};
