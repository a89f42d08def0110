import type { Db, Sql } from '../../db/client.ts';
import { listCustomers } from '../../db/customer/list.ts';
import { customerView, deleteCustomer, findCustomer, updateCustomer, upsertCustomers } from '../../db/customer/customers.ts';
import { readLoyalty } from '../../db/customer/loyalty.ts';
import { readReferrals, readSummaries } from '../../db/customer/summary.ts';
import { newId } from '../../db/ids.ts';
import type { Customer, CustomerChange } from '../../domain/customer.ts';
import { DomainError } from '../../domain/errors.ts';
import { notFound } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import {
  customerInput,
  customerListSchema,
  customerParams,
  customerSchema,
  listCustomersQuery,
  updateCustomerBody,
} from '../schemas/customer.ts';
import { list } from '../schemas/list.ts';

export interface CustomerRoutesDeps {
  sql: Sql;
  now: () => Date;
}

type Told = CustomerChange & { birthday?: string | null };

const changeOf = ({ birthday, ...change }: Told): CustomerChange => ({
  ...change,
  birthdate: change.birthdate === undefined ? birthday : change.birthdate,
});

/** Customers with what they redeemed, ordered, and have in loyalty programs. */
const customerViews = async (db: Db, projectId: string, customers: readonly Customer[]) => {
  const ids = customers.map(({ id }) => id);
  const [loyalty, summaryOf, referralsOf] = await Promise.all([
    readLoyalty(db, projectId, ids),
    readSummaries(db, projectId, ids),
    readReferrals(db, projectId, ids),
  ]);
  return customers.map((customer) => {
    const { id } = customer;
    return { ...customerView(customer), summary: summaryOf(id), loyalty: loyalty.get(id), referrals: referralsOf(id), system_metadata: {} };
  });
};

const found = { description: 'The customer', schema: customerSchema };
const missing = { description: 'There is no such customer' };

export const createCustomerRoutes = ({ sql, now }: CustomerRoutesDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/customers',
    tag: 'Customers',
    summary: 'List customers',
    scope: 'customers:read',
    query: listCustomersQuery,
    responses: { 200: { description: 'Customers', schema: customerListSchema } },
    handler: async ({ project, query }) => {
      const { limit, page, order, starting_after: startingAfter, created_at: created, ...filter } = query;
      const found = await listCustomers(
        sql,
        project.id,
        { ...filter, after: created?.after, before: created?.before },
        { limit, page, startingAfter, descending: order === '-created_at' },
      );
      return { status: 200, body: list('customers', await customerViews(sql, project.id, found.rows), found) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/customers',
    tag: 'Customers',
    summary: 'Create a customer, or update the one with this id or source_id',
    description: 'What is left out stays as it is; null empties a field; metadata is merged key by key.',
    scope: 'customers:write',
    body: customerInput,
    responses: { 200: found, 404: missing },
    handler: ({ project, body, write }) =>
      write(async (tx) => {
        const { id, source_id: sourceId, ...told } = body;
        const change = changeOf(told);
        if (id !== undefined) {
          const customer = await updateCustomer(tx, project.id, id, change, now());
          if (!customer) throw notFound('customer', id);
          return { status: 200, body: (await customerViews(tx, project.id, [customer]))[0] };
        }
        const [customer] = await upsertCustomers(tx, project.id, [{ ...change, sourceId: sourceId ?? newId('customer') }], now());
        return { status: 200, body: (await customerViews(tx, project.id, [customer!]))[0] };
      }),
  }),
  route({
    method: 'get',
    path: '/v1/customers/{id}',
    tag: 'Customers',
    summary: 'Get a customer',
    scope: 'customers:read',
    params: customerParams,
    responses: { 200: found, 404: missing },
    handler: async ({ project, params }) => {
      const customer = await findCustomer(sql, project.id, params.id);
      if (!customer) throw notFound('customer', params.id);
      return { status: 200, body: (await customerViews(sql, project.id, [customer]))[0] };
    },
  }),
  route({
    method: 'put',
    path: '/v1/customers/{id}',
    tag: 'Customers',
    summary: 'Update a customer',
    scope: 'customers:write',
    params: customerParams,
    body: updateCustomerBody,
    responses: { 200: found, 404: missing },
    handler: ({ project, params, body, write }) =>
      write(async (tx) => {
        const { source_id: sourceId, ...told } = body;
        const known = await findCustomer(tx, project.id, params.id);
        if (!known) throw notFound('customer', params.id);
        if (sourceId !== undefined && sourceId !== known.sourceId)
          throw new DomainError('invalid_payload', 'A source id cannot be changed.', {
            fields: [{ path: 'source_id', message: `must be ${known.sourceId}, as it is` }],
          });
        const customer = await updateCustomer(tx, project.id, known.id, changeOf(told), now());
        if (!customer) throw notFound('customer', params.id);
        return { status: 200, body: (await customerViews(tx, project.id, [customer]))[0] };
      }),
  }),
  route({
    method: 'delete',
    path: '/v1/customers/{id}',
    tag: 'Customers',
    summary: 'Delete a customer with their journeys',
    description: 'Redemptions stay: they are the ledger.',
    scope: 'customers:write',
    params: customerParams,
    responses: { 204: { description: 'Deleted' }, 404: missing },
    handler: ({ project, params, write }) =>
      write(async (tx) => {
        const known = await findCustomer(tx, project.id, params.id);
        if (!known || !(await deleteCustomer(tx, project.id, known.id, now()))) throw notFound('customer', params.id);
        return { status: 204 };
      }),
  }),
];
