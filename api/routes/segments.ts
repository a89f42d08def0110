import { sweepFirst } from '../../activities/segments.ts';
import type { Sql, Tx } from '../../db/client.ts';
import { customerView, findCustomer } from '../../db/customer/customers.ts';
import { findCustomersByIds, findNamedCustomers } from '../../db/customer/names.ts';
import { addToSegment, countMembers, membersOf, removeFromSegment, segmentsOfCustomer } from '../../db/customer/segment-members.ts';
import {
  createSegment,
  deleteSegment,
  findSegment,
  listSegments,
  lockSegment,
  segmentView,
  updateSegment,
  type Segment,
} from '../../db/customer/segments.ts';
import { findRuleNaming } from '../../db/validation-rules/validation-rules.ts';
import { DomainError, invalidPayload } from '../../domain/errors.ts';
import { notFound } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import { customerListSchema, customerParams } from '../schemas/customer.ts';
import { list } from '../schemas/list.ts';
import {
  createSegmentBody,
  customerSegmentsSchema,
  listSegmentsQuery,
  segmentCustomersQuery,
  segmentListSchema,
  segmentParams,
  segmentSchema,
  updateSegmentBody,
} from '../schemas/segment.ts';

export interface SegmentRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const found = { description: 'The segment', schema: segmentSchema };
const missing = { description: 'There is no such segment' };
const taken = { description: 'A segment of this name exists' };

const duplicate = (name: string): DomainError =>
  new DomainError('duplicate_found', `A segment with the name ${name} exists already.`, { resource: { type: 'segment', id: name } });

/** The ids of customers who are named by id or source id. @throws DomainError invalid_payload, naming all that do not exist */
const idsOf = async (tx: Tx, projectId: string, field: string, names: readonly string[]): Promise<string[]> => {
  const known = await findNamedCustomers(tx, projectId, [...names]);
  const problems = names.flatMap((each, index) =>
    known.has(each) ? [] : [{ path: `${field}[${index}]`, message: `names the customer ${each}, who does not exist` }],
  );
  if (problems.length > 0) throw invalidPayload(problems);
  return [...new Set(names.map((each) => known.get(each)!))];
};

export const createSegmentRoutes = ({ sql, now }: SegmentRoutesDeps): Route[] => {
  const known = async (db: Sql | Tx, projectId: string, idOrName: string): Promise<Segment> => {
    const segment = await findSegment(db, projectId, idOrName);
    if (!segment) throw notFound('segment', idOrName);
    return segment;
  };
  const locked = async (tx: Tx, projectId: string, idOrName: string): Promise<Segment> => {
    const segment = await lockSegment(tx, projectId, (await known(tx, projectId, idOrName)).id);
    if (!segment) throw notFound('segment', idOrName);
    return segment;
  };

  /** Makes the members of a static segment those who are asked for. */
  const setMembers = async (
    tx: Tx,
    segment: Segment,
    body: { customers?: string[]; add_customers?: string[]; remove_customers?: string[] },
  ) => {
    const { projectId } = segment;
    const at = now();
    if (body.customers !== undefined) {
      const wanted = new Set(await idsOf(tx, projectId, 'customers', body.customers));
      const present = await membersOf(tx, segment, { after: null, limit: 1_000_000 }, at);
      await removeFromSegment(
        tx,
        segment,
        present.filter((id) => !wanted.has(id)),
        at,
      );
      await addToSegment(tx, segment, [...wanted], at);
    }
    if (body.add_customers) await addToSegment(tx, segment, await idsOf(tx, projectId, 'add_customers', body.add_customers), at);
    if (body.remove_customers)
      await removeFromSegment(tx, segment, await idsOf(tx, projectId, 'remove_customers', body.remove_customers), at);
  };

  return [
    route({
      method: 'get',
      path: '/v1/segments',
      tag: 'Segments',
      summary: 'List segments',
      scope: 'segments:read',
      query: listSegmentsQuery,
      responses: { 200: { description: 'Segments', schema: segmentListSchema } },
      handler: async ({ project, query }) => {
        const { limit, page, order, starting_after: startingAfter } = query;
        const segments = await listSegments(sql, project.id, { limit, page, startingAfter, descending: order === '-created_at' });
        return { status: 200, body: list('data', segments.rows.map(segmentView), segments) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/segments',
      tag: 'Segments',
      summary: 'Create a segment of customers',
      description: 'A static one lists its customers; an auto-update one finds them by a filter, now and whenever they change.',
      scope: 'segments:write',
      body: createSegmentBody,
      responses: { 200: found, 409: taken },
      handler: ({ project, body, write }) =>
        write(async (tx) => {
          const { name, type, filter = null, customers } = body;
          const segment = await createSegment(tx, { projectId: project.id, name, type, filter }, now());
          if (!segment) throw duplicate(name);
          await setMembers(tx, segment, { customers });
          return { status: 200, body: segmentView(await sweepFirst(tx, segment, now())) };
        }),
    }),
    route({
      method: 'get',
      path: '/v1/segments/{id}',
      tag: 'Segments',
      summary: 'Get a segment',
      scope: 'segments:read',
      params: segmentParams,
      responses: { 200: found, 404: missing },
      handler: async ({ project, params }) => ({ status: 200, body: segmentView(await known(sql, project.id, params.id)) }),
    }),
    route({
      method: 'put',
      path: '/v1/segments/{id}',
      tag: 'Segments',
      summary: 'Update a segment',
      description: 'Another filter, or other customers of a static one. What is left out stays as it is.',
      scope: 'segments:write',
      params: segmentParams,
      body: updateSegmentBody,
      responses: { 200: found, 404: missing, 409: taken },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          const segment = await locked(tx, project.id, params.id);
          const wrong = (segment.type === 'static' ? ['filter'] : ['customers', 'add_customers', 'remove_customers']).filter(
            (field) => body[field as keyof typeof body] !== undefined,
          );
          if (wrong.length > 0)
            throw invalidPayload(wrong.map((path) => ({ path, message: `does not go with a segment that is ${segment.type}` })));
          const { name, filter } = body;
          const other = name === undefined || name === segment.name ? null : await findSegment(tx, project.id, name);
          if (other) throw duplicate(name!);
          const next = await updateSegment(tx, segment, { ...(name !== undefined && { name }), ...(filter && { filter }) }, now());
          await setMembers(tx, next, body);
          return { status: 200, body: segmentView(await sweepFirst(tx, next, now())) };
        }),
    }),
    route({
      method: 'delete',
      path: '/v1/segments/{id}',
      tag: 'Segments',
      summary: 'Delete a segment',
      description: 'One that a validation rule names stays: the rule would let in whom it keeps out.',
      scope: 'segments:write',
      params: segmentParams,
      responses: { 204: { description: 'Deleted' }, 404: missing, 409: { description: 'A validation rule names it' } },
      handler: ({ project, params, write }) =>
        write(async (tx) => {
          const segment = await locked(tx, project.id, params.id);
          const rule = await findRuleNaming(tx, project.id, [segment.id]);
          if (rule)
            throw new DomainError('resource_in_use', 'A validation rule names the segment.', {
              details: `The validation rule ${rule.name} (${rule.id}) asks for it. Change or delete the rule first.`,
              resource: { type: 'segment', id: segment.id },
            });
          await deleteSegment(tx, segment, now());
          return { status: 204 };
        }),
    }),
    route({
      method: 'get',
      path: '/v1/segments/{id}/customers',
      tag: 'Segments',
      summary: 'List the customers who are in a segment now',
      scope: 'segments:read',
      params: segmentParams,
      query: segmentCustomersQuery,
      responses: { 200: { description: 'Customers, in order of id', schema: customerListSchema }, 404: missing },
      handler: async ({ project, params, query }) => {
        const segment = await known(sql, project.id, params.id);
        const { limit, starting_after: after = null } = query;
        const [ids, total] = await Promise.all([
          membersOf(sql, segment, { after, limit: limit + 1 }, now()),
          countMembers(sql, segment, now()),
        ]);
        const customers = await findCustomersByIds(sql, project.id, ids.slice(0, limit));
        return { status: 200, body: list('customers', customers.map(customerView), { total, hasMore: ids.length > limit }) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/customers/{id}/segments',
      tag: 'Segments',
      summary: 'List the segments that a customer is in now',
      scope: 'segments:read',
      params: customerParams,
      responses: { 200: { description: 'Segments', schema: customerSegmentsSchema }, 404: { description: 'There is no such customer' } },
      handler: async ({ project, params }) => {
        const customer = await findCustomer(sql, project.id, params.id);
        if (!customer) throw notFound('customer', params.id);
        const segments = await segmentsOfCustomer(sql, project.id, customer.id, now());
        const data = segments.map(({ id, name }) => ({ id, name, object: 'segment' as const }));
        return { status: 200, body: { object: 'list', total: data.length, data_ref: 'data', data } };
      },
    }),
  ];
};
