import type { z } from 'zod';
import { enrolmentView } from '../../activities/journey/enrolment-view.ts';
import { operate, type Operation } from '../../activities/journey/operate.ts';
import type { Sql } from '../../db/client.ts';
import { findCustomer } from '../../db/customer/customers.ts';
import type { OperationFilter } from '../../db/journey/enrolment-operations.ts';
import { listEnrolments } from '../../db/journey/enrolment-views.ts';
import { DomainError } from '../../domain/errors.ts';
import { notFound } from '../http/errors.ts';
import { requireJourney } from '../journey/require-journey.ts';
import { route, type Route } from '../http/route.ts';
import { enrolmentParams, enrolmentSchema } from '../schemas/enrolment.ts';
import {
  exitBody,
  exitManyBody,
  holdBody,
  holdManyBody,
  moveBody,
  moveManyBody,
  operationSchema,
  releaseBody,
  releaseManyBody,
} from '../schemas/operation.ts';

export interface OperationRoutesDeps {
  sql: Sql;
  now: () => Date;
}

type ManyBody = z.output<typeof releaseManyBody>;

interface Described<One extends z.ZodType, Many extends z.ZodType> {
  name: string;
  summary: string;
  description: string;
  one: One;
  many: Many;
  operation: (body: z.output<One> | z.output<Many>) => Operation;
}

export const createOperationRoutes = ({ sql, now }: OperationRoutesDeps): Route[] => {
  const filterOf = async (projectId: string, { journey, customer, ...rest }: ManyBody['filter']): Promise<OperationFilter> => {
    const journeyId = journey === undefined ? undefined : (await requireJourney(sql, projectId, journey)).id;
    const known = customer === undefined ? undefined : await findCustomer(sql, projectId, customer);
    if (known === null) throw notFound('customer', customer ?? '');
    return { ...rest, journeyId, customerId: known?.id };
  };

  const both = <One extends z.ZodType, Many extends z.ZodType>({
    name,
    summary,
    description,
    one,
    many,
    operation,
  }: Described<One, Many>): Route[] => [
    route({
      method: 'post',
      path: `/v1/enrolments/{id}/${name}`,
      tag: 'Journeys',
      summary: `${summary} one customer`,
      description,
      scope: 'journeys:write',
      params: enrolmentParams,
      body: one,
      responses: {
        200: { description: 'The enrolment as it is now', schema: enrolmentSchema },
        404: { description: 'There is no such enrolment' },
        409: { description: 'It is in a state that does not allow it' },
      },
      handler: ({ project, apiKey, params, body, write }) =>
        write(async (tx) => {
          const { enrolments } = await operate(tx, project.id, { ids: [params.id] }, operation(body), {
            limit: 1,
            by: apiKey.id,
            now: now(),
          });
          const [row] = await listEnrolments(tx, project.id, { id: params.id }, { limit: 1, page: 1 });
          if (row === undefined) throw notFound('enrolment', params.id);
          if (enrolments.length > 0) return { status: 200, body: enrolmentView(row) };
          throw new DomainError('resource_in_use', `This enrolment is ${row.state}.`, {
            details: 'Only who is inside can be moved, held or let go, and only who is held released.',
            resource: { id: params.id, type: 'enrolment' },
          });
        }),
    }),
    route({
      method: 'post',
      path: `/v1/enrolments/${name}`,
      tag: 'Journeys',
      summary: `${summary} all whom a filter means, up to 1000 at a time`,
      description: `${description} Call it again until nobody remains; nobody is changed twice.`,
      scope: 'journeys:write',
      body: many,
      responses: {
        200: { description: 'How many were changed, and how many remain', schema: operationSchema },
        404: { description: 'There is no such journey or customer' },
      },
      handler: async ({ project, apiKey, body, write }) => {
        const { filter, limit } = body as ManyBody;
        const meant = await filterOf(project.id, filter);
        return write(async (tx) => {
          const options = { limit, by: apiKey.id, now: now() };
          const { enrolments, remaining } = await operate(tx, project.id, meant, operation(body), options);
          return {
            status: 200,
            body: { object: 'enrolment_operation', operation: name, changed: enrolments.length, remaining, enrolments },
          };
        });
      },
    }),
  ];

  const release = { one: releaseBody, many: releaseManyBody, operation: (): Operation => ({ does: 'release' }) };
  return [
    ...both({
      name: 'move',
      summary: 'Move',
      description: 'To another step of the version they are on, which is run at once as if they had come to it by themselves.',
      one: moveBody,
      many: moveManyBody,
      operation: ({ step }) => ({ does: 'move', step }),
    }),
    ...both({
      name: 'exit',
      summary: 'Take out',
      description: 'They leave the journey at once, with the outcome that you say.',
      one: exitBody,
      many: exitManyBody,
      operation: ({ outcome, withdraw }) => ({ does: 'exit', outcome, withdraw }),
    }),
    ...both({
      name: 'hold',
      summary: 'Hold',
      description: 'Nothing is done for them until they are released; goals and exits still count.',
      one: holdBody,
      many: holdManyBody,
      operation: ({ reason }) => ({ does: 'hold', reason }),
    }),
    ...both({
      name: 'release',
      summary: 'Release',
      description: 'Who is held goes on where they stand: a step that failed is run again.',
      ...release,
    }),
    ...both({
      name: 'retry',
      summary: 'Retry the failed step of',
      description: 'The same as releasing: who is held goes on with the step that failed.',
      ...release,
    }),
  ];
};
