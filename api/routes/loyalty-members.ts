import { publish } from '../../activities/voucher/publication.ts';
import type { Sql } from '../../db/client.ts';
import { listActivity } from '../../db/customer/activity.ts';
import type { EventRow } from '../../db/event/events.ts';
import type { Page } from '../../db/paging.ts';
import { voucherView } from '../../db/voucher/changes.ts';
import { listVouchers, type VoucherOrder } from '../../db/voucher/list.ts';
import type { Voucher } from '../../db/voucher/vouchers.ts';
import { DomainError, invalidQuery } from '../../domain/errors.ts';
import { namedCustomer } from '../checkout/request.ts';
import { errorBody, statusOf } from '../http/errors.ts';
import { findMember } from '../loyalty/member.ts';
import { findLoyaltyProgram } from '../loyalty/program.ts';
import { route, type Route } from '../http/route.ts';
import { continuedList, list } from '../schemas/list.ts';
import {
  createMemberBody,
  listMembersQuery,
  memberActivitiesSchema,
  memberActivityQuery,
  memberActivitySchema,
  memberOfProgramParams,
  memberParams,
  programParams,
} from '../schemas/loyalty.ts';
import { voucherListSchema, voucherSchema } from '../schemas/voucher.ts';

export interface LoyaltyMemberRoutesDeps {
  sql: Sql;
  now: () => Date;
  /** A cryptographically secure source. */
  randomBytes: (n: number) => Uint8Array;
}

const tag = 'Loyalty members';
const found = { description: 'The loyalty card', schema: voucherSchema };
const missing = { description: 'There is no such loyalty program or card' };

const MOST_ACTIVITIES = 100;

const eventView = (event: EventRow) => ({
  id: event.id,
  type: event.type,
  data: event.data,
  created_at: event.occurredAt.toISOString(),
  group_id: event.id,
  object: 'event' as const,
});

/** The API finds members by their cards alone, or within a program. */
const PLACES = [
  { path: '/v1/loyalties/{campaign}/members/{member}', params: memberOfProgramParams },
  { path: '/v1/loyalties/members/{member}', params: memberParams },
] as const;

export const createLoyaltyMemberRoutes = ({ sql, now, randomBytes }: LoyaltyMemberRoutesDeps): Route[] => {
  const activityOf = async (
    card: Voucher,
    page: { limit: number; descending: boolean; startingAfter?: string },
  ): Promise<Page<EventRow>> =>
    card.holderId === null
      ? { rows: [], total: 0, hasMore: false }
      : listActivity(sql, card.projectId, card.holderId, { voucherId: card.id }, page);

  const ofMember = ({ path, params }: (typeof PLACES)[number]): Route[] => [
    route({
      method: 'get',
      path,
      tag,
      summary: 'Get the card of a member',
      scope: 'loyalties:read',
      params,
      responses: { 200: found, 404: missing },
      handler: async ({ project, params: named }) => ({ status: 200, body: voucherView(await findMember(sql, project, named)) }),
    }),
    route({
      method: 'get',
      path: `${path}/activity`,
      tag,
      summary: 'List what happened to a card since somebody has it',
      scope: 'loyalties:read',
      params,
      query: memberActivityQuery,
      responses: { 200: { description: 'Events', schema: memberActivitySchema }, 404: missing },
      handler: async ({ project, params: named, query }) => {
        const { limit, order, starting_after_id: startingAfter } = query;
        const card = await findMember(sql, project, named);
        const { rows, total, hasMore } = await activityOf(card, { limit, startingAfter, descending: order.startsWith('-') });
        return { status: 200, body: { ...continuedList(rows.map(eventView), hasMore), total } };
      },
    }),
    route({
      method: 'get',
      path: `${path}/activities`,
      tag,
      summary: `The last ${MOST_ACTIVITIES} events of a card, in an older shape`,
      scope: 'loyalties:read',
      params,
      responses: { 200: { description: 'Events', schema: memberActivitiesSchema }, 404: missing },
      handler: async ({ project, params: named }) => {
        const { rows, total } = await activityOf(await findMember(sql, project, named), { limit: MOST_ACTIVITIES, descending: true });
        return { status: 200, body: { object: 'list', data_ref: 'activities', activities: rows.map(eventView), total } };
      },
    }),
  ];

  return [
    route({
      method: 'get',
      path: '/v1/loyalties/{campaign}/members',
      tag,
      summary: 'List the cards of the members of a loyalty program',
      scope: 'loyalties:read',
      params: programParams,
      query: listMembersQuery,
      responses: { 200: { description: 'Cards', schema: voucherListSchema }, 404: missing },
      handler: async ({ project, params, query }) => {
        const program = await findLoyaltyProgram(sql, project.id, params.campaign);
        const { limit, page, order: by, starting_after: startingAfter, created_at: created, updated_at: updated } = query;
        const order = by.replace('-', '') as VoucherOrder;
        if (startingAfter !== undefined && order !== 'created_at')
          throw invalidQuery([{ path: 'starting_after', message: 'goes with the order created_at or -created_at only' }]);
        const filter = {
          campaignIds: [program.id],
          held: true,
          createdAfter: created?.after,
          createdBefore: created?.before,
          updatedAfter: updated?.after,
          updatedBefore: updated?.before,
        };
        const members = await listVouchers(sql, project, filter, { limit, page, descending: by.startsWith('-'), order, startingAfter });
        return { status: 200, body: list('vouchers', members.rows.map(voucherView), members) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/loyalties/{campaign}/members',
      tag,
      summary: 'Give a customer a card of a loyalty program',
      description: 'A customer has one card of a program, and gets that one again.',
      scope: 'loyalties:write',
      params: programParams,
      body: createMemberBody,
      responses: { 200: found, 400: { description: 'Why no card was given; the attempt is recorded' }, 404: missing },
      handler: ({ project, apiKey, requestId, params, body, write }) =>
        write(async (tx) => {
          const program = await findLoyaltyProgram(tx, project.id, params.campaign);
          if (body.voucher !== undefined) await findMember(tx, project, { member: body.voucher, campaign: params.campaign });
          const published = await publish(
            tx,
            {
              project,
              apiKeyId: apiKey.id,
              customer: namedCustomer(body.customer),
              what: body.voucher === undefined ? { campaign: program.id, count: 1 } : { code: body.voucher },
              sourceId: body.source_id ?? null,
              joinOnce: true,
              channel: body.channel ?? 'API',
              metadata: body.metadata ?? {},
            },
            { now: now(), randomBytes },
          );
          if ('publication' in published) return { status: 200, body: voucherView(published.vouchers[0]!) };
          const { key, message } = published.refusal;
          return { status: statusOf[key], body: errorBody(new DomainError(key, message), requestId) };
        }),
    }),
    ...PLACES.flatMap(ofMember),
  ];
};
