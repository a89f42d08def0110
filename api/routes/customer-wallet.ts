import type { Sql } from '../../db/client.ts';
import { listActivity, type ActivityFilter } from '../../db/customer/activity.ts';
import { eraseCustomer } from '../../db/customer/erasure.ts';
import { findCustomer, type Customer } from '../../db/customer/customers.ts';
import { listHeldVouchers, type HeldVoucher } from '../../db/customer/wallet.ts';
import type { EventRow } from '../../db/event/events.ts';
import { newId } from '../../db/ids.ts';
import type { Project } from '../../db/project/projects.ts';
import { voucherView } from '../../db/voucher/changes.ts';
import { walletStatus } from '../../domain/voucher/status.ts';
import { notFound } from '../http/errors.ts';
import { route, type Answer, type Route } from '../http/route.ts';
import { customerParams } from '../schemas/customer.ts';
import { continuedList } from '../schemas/list.ts';
import {
  activitiesQuery,
  activityQuery,
  activitySchema,
  permanentDeletionSchema,
  redeemablesQuery,
  walletSchema,
} from '../schemas/customer-wallet.ts';

export interface CustomerWalletRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const tag = 'Customers';
const missing = { description: 'There is no such customer' };

const at = (date: Date | null): number | null => date && date.getTime();

const heldView = (voucher: HeldVoucher, customer: Customer, now: Date) => {
  const standing = {
    active: voucher.active && voucher.campaignActive !== false,
    withdrawn: voucher.withdrawn,
    startsAt: at(voucher.startDate ?? voucher.campaignStartDate),
    endsAt: at(voucher.expirationDate ?? voucher.campaignExpirationDate),
    quantity: voucher.quantity,
    redeemed: voucher.redeemedQuantity,
    balance: voucher.giftBalance ?? voucher.loyaltyCard?.balance ?? null,
  };
  return {
    id: voucher.id,
    created_at: voucher.createdAt.toISOString(),
    redeemable_id: voucher.id,
    redeemable_object: 'voucher',
    customer_id: customer.id,
    holder_role: voucher.campaignType === 'REFERRAL_PROGRAM' ? 'REFERRER' : 'OWNER',
    campaign_id: voucher.campaignId,
    campaign_type: voucher.campaignType,
    voucher_type: voucher.type,
    redeemable: {
      type: 'voucher',
      status: walletStatus(standing, now.getTime() + customer.clockOffsetMs),
      voucher: voucherView(voucher),
    },
  };
};

const eventView = (event: EventRow) => ({
  id: event.id,
  type: event.type,
  data: event.data,
  created_at: event.occurredAt.toISOString(),
  category: 'EFFECT',
  object: 'event',
});

/** A list that names its next page by `more_starting_after`. */
const listAnswer = (data: readonly { id: string }[], { total, hasMore }: { total: number; hasMore: boolean }): Answer => ({
  status: 200,
  body: { ...continuedList(data, hasMore), total },
});

const named = (field: { conditions: { $in?: string[]; $is?: string[] } } | undefined): string[] | undefined =>
  field?.conditions.$in ?? field?.conditions.$is;

export const createCustomerWalletRoutes = ({ sql, now }: CustomerWalletRoutesDeps): Route[] => {
  const known = async (project: Project, name: string): Promise<Customer> => {
    const customer = await findCustomer(sql, project.id, name);
    if (!customer) throw notFound('customer', name);
    return customer;
  };
  const activity = async (
    project: Project,
    name: string,
    filter: ActivityFilter,
    page: { limit: number; order: string; startingAfter?: string },
  ): Promise<Answer> => {
    const customer = await known(project, name);
    const events = await listActivity(sql, project.id, customer.id, filter, { ...page, descending: page.order.startsWith('-') });
    return listAnswer(events.rows.map(eventView), events);
  };

  return [
    route({
      method: 'get',
      path: '/v1/customers/{id}/redeemables',
      tag,
      summary: 'List what a customer holds, and how it stands',
      scope: 'customers:read',
      params: customerParams,
      query: redeemablesQuery,
      responses: { 200: { description: 'Redeemables', schema: walletSchema }, 404: missing },
      handler: async ({ project, params, query }) => {
        const customer = await known(project, params.id);
        const { limit, order, starting_after_id: startingAfter, filters } = query;
        const held = await listHeldVouchers(
          sql,
          project.id,
          customer.id,
          { campaignIds: named(filters?.campaign_id), campaignTypes: named(filters?.campaign_type), types: named(filters?.voucher_type) },
          { limit, startingAfter, descending: order.startsWith('-') },
        );
        const time = now();
        return listAnswer(
          held.rows.map((voucher) => heldView(voucher, customer, time)),
          held,
        );
      },
    }),
    route({
      method: 'get',
      path: '/v1/customers/{id}/activity',
      tag,
      summary: 'List what happened to a customer',
      scope: 'customers:read',
      params: customerParams,
      query: activityQuery,
      responses: { 200: { description: 'Events', schema: activitySchema }, 404: missing },
      handler: async ({ project, params, query }) => {
        const { limit, order, starting_after_id: startingAfter, start_date: after, end_date: before, category, type } = query;
        if (category === 'ACTION') {
          await known(project, params.id);
          return listAnswer([], { total: 0, hasMore: false });
        }
        const filter = { type, campaignId: query.campaign_id, campaignType: query.campaign_type, after, before };
        return activity(project, params.id, filter, { limit, order, startingAfter });
      },
    }),
    route({
      method: 'get',
      path: '/v1/customers/{id}/activities',
      tag,
      summary: 'List what happened to a customer (older call)',
      scope: 'customers:read',
      params: customerParams,
      query: activitiesQuery,
      responses: { 200: { description: 'Events', schema: activitySchema }, 404: missing },
      handler: ({ project, params, query }) => {
        const { limit, order, starting_after_id: id, starting_after: startingAfter = id } = query;
        return activity(
          project,
          params.id,
          { campaignId: query.campaign_id, campaignType: query.campaign_type },
          { limit, order, startingAfter },
        );
      },
    }),
    route({
      method: 'post',
      path: '/v1/customers/{id}/permanent-deletion',
      tag,
      summary: 'Erase what is known of a customer',
      description:
        'The customer with their journeys, orders, events and messages. The ledger of redemptions stays, and names an id that stands for nobody.',
      scope: 'customers:write',
      params: customerParams,
      responses: { 200: { description: 'What was erased', schema: permanentDeletionSchema }, 404: missing },
      handler: ({ project, params, write }) =>
        write(async (tx) => {
          const customer = await findCustomer(tx, project.id, params.id);
          if (!customer) throw notFound('customer', params.id);
          const time = now();
          const { events, orders, messages } = await eraseCustomer(tx, customer, time);
          const counts = { events, customer_events: events, daily_events: 0, segments: 0, orders, order_events: 0, messages };
          return {
            status: 200,
            body: {
              id: newId('deletion'),
              created_at: time.toISOString(),
              related_object_id: customer.id,
              related_object: 'customer',
              status: 'DONE',
              data_json: { ...counts, customer: 1 },
              object: 'pernament_deletion',
            },
          };
        }),
    }),
  ];
};
