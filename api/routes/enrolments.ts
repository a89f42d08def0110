import { enrolmentView, timelineView } from '../../activities/journey/enrolment-view.ts';
import type { Sql } from '../../db/client.ts';
import { findCustomer } from '../../db/customer/customers.ts';
import { countEnrolments, listEnrolments, listVisits, type EnrolmentFilter } from '../../db/journey/enrolment-views.ts';
import { listOperations } from '../../db/journey/enrolment-operations.ts';
import { findVersion } from '../../db/journey/journeys.ts';
import { compileJourney } from '../../domain/journey/compile.ts';
import { notFound } from '../http/errors.ts';
import { requireJourney } from '../journey/require-journey.ts';
import { route, type Answer, type Route } from '../http/route.ts';
import { customerParams } from '../schemas/customer.ts';
import {
  allEnrolmentsQuery,
  enrolmentListSchema,
  enrolmentParams,
  enrolmentWithTimelineSchema,
  listEnrolmentsQuery,
} from '../schemas/enrolment.ts';
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
        const [visits, operations, version] = await Promise.all([
          listVisits(sql, project.id, row.id),
          listOperations(sql, project.id, row.customerId, row.id),
          findVersion(sql, project.id, row.journeyId, row.version),
        ]);
        const inside = row.step !== null && (row.state === 'active' || row.state === 'held');
        const standsAt =
          version === null || !inside ? null : (compileJourney(version.definition).journey.steps.get(row.step!)?.summary ?? null);
        const view = { ...enrolmentView(row), stands_at: standsAt, timeline: timelineView(row, visits, operations) };
        return { status: 200, body: view };
      },
    }),
    route({
      method: 'get',
      path: '/v1/enrolments',
      tag: 'Journeys',
      summary: 'List enrolments of all journeys',
      description: 'Such as those who are held, `?state=held`, or overdue, `?overdue=true`.',
      scope: 'journeys:read',
      query: allEnrolmentsQuery,
      responses: { 200: found, 404: { description: 'There is no such journey or customer' } },
      handler: async ({ project, query: { limit, page, journey, customer, ...filter } }) => {
        const journeyId = journey === undefined ? undefined : (await requireJourney(sql, project.id, journey)).id;
        const known = customer === undefined ? undefined : await findCustomer(sql, project.id, customer);
        if (known === null) throw notFound('customer', customer ?? '');
        return answer(project.id, { ...filter, journeyId, customerId: known?.id }, { limit, page });
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
      handler: async ({ project, params, query: { limit, page, ...filter } }) => {
        const customer = await findCustomer(sql, project.id, params.id);
        if (customer === null) throw notFound('customer', params.id);
        return answer(project.id, { ...filter, customerId: customer.id }, { limit, page });
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
      handler: async ({ project, params, query: { limit, page, ...filter } }) => {
        const journey = await requireJourney(sql, project.id, params.id);
        return answer(project.id, { ...filter, journeyId: journey.id }, { limit, page });
      },
    }),
  ];
};
