import { joinByReferral } from '../../activities/referral/referrals.ts';
import { tellCustomer } from '../../activities/checkout/told-customer.ts';
import type { Sql, Tx } from '../../db/client.ts';
import { findCustomer } from '../../db/customer/customers.ts';
import { countCustomerEvents, listCustomerEvents, recordEvents, type EventRow } from '../../db/event/events.ts';
import type { Project } from '../../db/project/projects.ts';
import { findVoucher } from '../../db/voucher/vouchers.ts';
import type { Customer } from '../../domain/customer.ts';
import { namedCustomer } from '../checkout/request.ts';
import { notFound } from '../http/errors.ts';
import { route, type Answer, type RequestContext, type Route } from '../http/route.ts';
import { createdEventSchema, createEventBody, eventListSchema, listEventsQuery } from '../schemas/event.ts';
import { list } from '../schemas/list.ts';
import type { z } from 'zod';

export interface EventRoutesDeps {
  sql: Sql;
  now: () => Date;
  /** Tells the relay, where it runs in this process, that there is something to route. */
  hint?: () => void;
}

const view = (event: EventRow) => ({
  id: event.id,
  type: event.type,
  customer_id: event.customerId,
  data: event.data,
  occurred_at: event.occurredAt.toISOString(),
  created_at: event.recordedAt.toISOString(),
  object: 'event' as const,
});

/**
 * A server is told where its points would come to nobody; to a browser it would tell which cards there are.
 * @throws DomainError not_found, where it is no loyalty card of this customer
 */
const requireCard = async (tx: Tx, project: Project, code: string, customer: Customer): Promise<void> => {
  const card = await findVoucher(tx, project, code);
  if (!card?.loyaltyCard || card.holderId !== customer.id) throw notFound('loyalty card', code);
};

export const createEventRoutes = ({ sql, now, hint }: EventRoutesDeps): Route[] => {
  const tell = async ({
    project,
    apiKey,
    body,
    write,
  }: RequestContext<unknown, unknown, z.output<typeof createEventBody>>): Promise<Answer> => {
    const answer = await write(async (tx) => {
      const real = now();
      const customer = await tellCustomer(tx, project.id, namedCustomer(body.customer), real);
      const { event: type, metadata, referral, loyalty } = body;
      if (loyalty && apiKey.kind === 'secret') await requireCard(tx, project, loyalty.code, customer);
      if (referral) await joinByReferral(tx, project, { code: referral.code, event: type }, customer, real);
      const [id] = await recordEvents(tx, [
        {
          projectId: project.id,
          type,
          customerId: customer.id,
          data: { ...metadata, ...(referral && { referral }), ...(loyalty && { loyalty }) },
          dedupeKey: null,
          occurredAt: new Date(real.getTime() + customer.clockOffsetMs),
        },
      ]);
      // What is known of a customer besides is nothing that a browser gets to see.
      const known = apiKey.kind === 'secret' ? { name: customer.name, email: customer.email } : {};
      const who = { object: 'customer', id: customer.id, source_id: customer.sourceId, ...known };
      return { status: 200, body: { object: 'event', id, type, customer: who, referral: referral ?? null, loyalty: loyalty ?? null } };
    });
    hint?.();
    return answer;
  };

  return [
    route({
      method: 'post',
      path: '/v1/events',
      tag: 'Events',
      summary: 'Tell that something happened to a customer',
      description: 'The customer is created, or updated with what the call tells. Journeys start, go on or end by the event.',
      scope: 'events:write',
      body: createEventBody,
      responses: { 200: { description: 'The event', schema: createdEventSchema }, 404: { description: 'There is no such customer' } },
      handler: tell,
    }),
    route({
      method: 'post',
      path: '/client/v1/events',
      tag: 'Events',
      summary: 'Tell that something happened to a customer, from a browser',
      description: 'Anybody at the origin can tell anything of anybody: let journeys that give something away start by what a server says.',
      scope: 'events:write',
      body: createEventBody,
      responses: { 200: { description: 'The event', schema: createdEventSchema }, 404: { description: 'There is no such customer' } },
      handler: tell,
    }),
    route({
      method: 'get',
      path: '/v1/events',
      tag: 'Events',
      summary: 'List what happened to a customer, the latest first',
      scope: 'events:read',
      query: listEventsQuery,
      responses: { 200: { description: 'Events', schema: eventListSchema }, 404: { description: 'There is no such customer' } },
      handler: async ({ project, query }) => {
        const customer = await findCustomer(sql, project.id, query.customer);
        if (!customer) throw notFound('customer', query.customer);
        const { limit, type, starting_after: before } = query;
        const [rows, total] = await Promise.all([
          listCustomerEvents(sql, project.id, customer.id, { limit: limit + 1, before, type }),
          countCustomerEvents(sql, project.id, customer.id, type),
        ]);
        return { status: 200, body: list('events', rows.slice(0, limit).map(view), { total, hasMore: rows.length > limit }) };
      },
    }),
  ];
};
