import type { z } from 'zod';
import type { Sql } from '../../db/client.ts';
import {
  consentsOf,
  createConsent,
  decideConsents,
  deleteConsent,
  listConsents,
  type Consent,
  type GivenConsent,
} from '../../db/customer/consents.ts';
import { findCustomer } from '../../db/customer/customers.ts';
import { notFound } from '../http/errors.ts';
import { route, type RequestContext, type Route } from '../http/route.ts';
import {
  consentListSchema,
  consentParams,
  consentSchema,
  createConsentBody,
  customerConsentParams,
  customerConsentsSchema,
  decideConsentsBody,
} from '../schemas/consent.ts';

export interface ConsentRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const tag = 'Consents';
const missing = { description: 'There is no such customer' };

const view = ({ id, name, description, category, createdAt, updatedAt }: Consent) => ({
  id,
  name,
  description,
  category,
  created_at: createdAt.toISOString(),
  updated_at: updatedAt?.toISOString(),
  object: 'consent' as const,
});

const listed = <T>(data: T[]) => ({ object: 'list' as const, data_ref: 'data' as const, data, total: data.length });

/** Consents of one category, as a group: clients ask for groups. */
const groupView = ([category, consents]: [string, Consent[]]) => ({
  id: `cg_${consents[0]!.id}`,
  name: category,
  description: '',
  consents: consents.map(({ id }) => id),
  created_at: consents[0]!.createdAt.toISOString(),
  object: 'consent_group' as const,
});

const listView = (consents: Consent[]) => ({
  groups: listed(
    [
      ...Map.groupBy(
        consents.filter(({ category }) => category !== ''),
        ({ category }) => category,
      ),
    ].map(groupView),
  ),
  consents: listed(consents.map(view)),
});

const givenView = ({ consentId, name, given, decidedAt }: GivenConsent) => ({
  id: consentId,
  name,
  given,
  decided_at: decidedAt?.toISOString() ?? null,
  object: 'customer_consent' as const,
});

type Decide = RequestContext<{ id: string }, unknown, z.output<typeof decideConsentsBody>>;

export const createConsentRoutes = ({ sql, now }: ConsentRoutesDeps): Route[] => {
  const listAll = async ({ project }: Pick<RequestContext, 'project'>) => ({
    status: 200,
    body: listView(await listConsents(sql, project.id)),
  });

  const decide = ({ project, params, body, write }: Decide, answer: 'all' | 'nothing') =>
    write(async (tx) => {
      const customer = await findCustomer(tx, project.id, params.id);
      if (!customer) throw notFound('customer', params.id);
      await decideConsents(tx, customer, body, now());
      if (answer === 'nothing') return { status: 200, body: {} };
      return { status: 200, body: listed((await consentsOf(tx, project.id, customer.id)).map(givenView)) };
    });

  return [
    route({
      method: 'get',
      path: '/v1/consents',
      tag,
      summary: 'List what customers may be asked to agree to',
      scope: 'consents:read',
      responses: { 200: { description: 'Consents', schema: consentListSchema } },
      handler: listAll,
    }),
    route({
      method: 'get',
      path: '/client/v1/consents',
      tag,
      summary: 'List what customers may be asked to agree to, from a browser',
      scope: 'consents:read',
      responses: { 200: { description: 'Consents', schema: consentListSchema } },
      handler: listAll,
    }),
    route({
      method: 'post',
      path: '/v1/consents',
      tag,
      summary: 'Create a consent',
      scope: 'consents:write',
      body: createConsentBody,
      responses: { 200: { description: 'The consent', schema: consentSchema }, 409: { description: 'There is one of this name' } },
      handler: ({ project, body, write }) => write(async (tx) => ({ status: 200, body: view(await createConsent(tx, project.id, body)) })),
    }),
    route({
      method: 'delete',
      path: '/v1/consents/{id}',
      tag,
      summary: 'Delete a consent, and who agreed to it',
      scope: 'consents:write',
      params: consentParams,
      responses: { 204: { description: 'Deleted' }, 404: { description: 'There is no such consent' } },
      handler: ({ project, params, write }) =>
        write(async (tx) => {
          if (!(await deleteConsent(tx, project.id, params.id))) throw notFound('consent', params.id);
          return { status: 204 };
        }),
    }),
    route({
      method: 'get',
      path: '/v1/customers/{id}/consents',
      tag,
      summary: 'What a customer agreed to',
      scope: 'customers:read',
      params: customerConsentParams,
      responses: { 200: { description: 'What they said to each consent', schema: customerConsentsSchema }, 404: missing },
      handler: async ({ project, params }) => {
        const customer = await findCustomer(sql, project.id, params.id);
        if (!customer) throw notFound('customer', params.id);
        return { status: 200, body: listed((await consentsOf(sql, project.id, customer.id)).map(givenView)) };
      },
    }),
    route({
      method: 'put',
      path: '/v1/customers/{id}/consents',
      tag,
      summary: 'Keep what a customer agrees to, and to what no more',
      description: 'Tells `customer.consents.given` and `customer.consents.revoked` of what changed.',
      scope: 'customers:write',
      params: customerConsentParams,
      body: decideConsentsBody,
      responses: { 200: { description: 'What they said to each consent', schema: customerConsentsSchema }, 404: missing },
      handler: (context) => decide(context, 'all'),
    }),
    route({
      method: 'put',
      path: '/client/v1/customers/{id}/consents',
      tag,
      summary: 'Keep what a customer agrees to, and to what no more, from a browser',
      description: 'It does not tell what they said before.',
      scope: 'customers:write',
      params: customerConsentParams,
      body: decideConsentsBody,
      responses: { 200: { description: 'Kept' }, 404: missing },
      handler: (context) => decide(context, 'nothing'),
    }),
  ];
};
