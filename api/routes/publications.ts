import type { z } from 'zod';
import { publicationView, publishedView } from '../../activities/voucher/publication-view.ts';
import { publish, type PublishRequest } from '../../activities/voucher/publication.ts';
import type { Sql } from '../../db/client.ts';
import { listPublications } from '../../db/voucher/publications.ts';
import { findVoucher } from '../../db/voucher/vouchers.ts';
import { DomainError } from '../../domain/errors.ts';
import { namedCustomer } from '../checkout/request.ts';
import { errorBody, notFound, statusOf } from '../http/errors.ts';
import { route, type Answer, type RequestContext, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import {
  clientPublishBody,
  clientPublishQuery,
  listPublicationsQuery,
  listVoucherPublicationsQuery,
  publicationListSchema,
  publishBody,
  publishedSchema,
  publishQuery,
} from '../schemas/publication.ts';
import { voucherParams } from '../schemas/voucher.ts';

export interface PublicationRoutesDeps {
  sql: Sql;
  now: () => Date;
  /** A cryptographically secure source. */
  randomBytes: (n: number) => Uint8Array;
}

const tag = 'Publications';
const answers = {
  200: { description: 'What was given to the customer', schema: publishedSchema },
  400: { description: 'Why no code was given; the attempt is recorded' },
  404: { description: 'There is no such campaign, voucher or customer' },
  409: { description: 'The source_id was used for another customer, campaign or voucher' },
};

const whatOf = ({ voucher, campaign }: z.output<typeof publishBody>): PublishRequest['what'] =>
  voucher != null ? { code: voucher } : { campaign: (campaign?.id ?? campaign?.name)!, count: campaign?.count ?? 1 };

export const createPublicationRoutes = ({ sql, now, randomBytes }: PublicationRoutesDeps): Route[] => {
  const answer = ({ project, apiKey, requestId, write }: RequestContext, told: Omit<PublishRequest, 'project' | 'apiKeyId'>) =>
    write(async (tx): Promise<Answer> => {
      const published = await publish(tx, { ...told, project, apiKeyId: apiKey.id }, { now: now(), randomBytes });
      if ('publication' in published) {
        const known = apiKey.kind === 'secret' ? published.customer : null;
        return { status: 200, body: publishedView(published.publication, published.vouchers, known) };
      }
      const { key, message } = published.refusal;
      return { status: statusOf[key], body: errorBody(new DomainError(key, message), requestId) };
    });

  return [
    route({
      method: 'post',
      path: '/v1/publications',
      tag,
      summary: 'Give a customer a code',
      description:
        "One of the campaign's codes that nobody has yet; where there is none left, an AUTO_UPDATE campaign makes one. Or one code by name.",
      scope: 'publications:write',
      query: publishQuery,
      body: publishBody,
      responses: answers,
      handler: (context) =>
        answer(context, {
          customer: namedCustomer(context.body.customer),
          what: whatOf(context.body),
          sourceId: context.body.source_id ?? null,
          joinOnce: context.query.join_once ?? context.body.join_once ?? false,
          channel: context.body.channel ?? 'API',
          metadata: context.body.metadata ?? {},
        }),
    }),
    route({
      method: 'post',
      path: '/client/v1/publish',
      tag,
      summary: 'Give a customer a code of a campaign, from a browser',
      description: 'A customer gets one code of a campaign, and that one again. The key needs the scope publications:write.',
      scope: 'publications:write',
      query: clientPublishQuery,
      body: clientPublishBody,
      responses: answers,
      handler: (context) =>
        answer(context, {
          customer: namedCustomer(context.body.customer),
          what: { campaign: context.query.campaign, count: 1 },
          sourceId: context.query.source_id ?? null,
          joinOnce: true,
          channel: context.body.channel ?? 'client',
          metadata: context.body.metadata ?? {},
        }),
    }),
    route({
      method: 'get',
      path: '/v1/vouchers/{code}/publications',
      tag,
      summary: 'List to whom a voucher was given',
      scope: 'publications:read',
      params: voucherParams,
      query: listVoucherPublicationsQuery,
      responses: {
        200: { description: 'Publications', schema: publicationListSchema },
        404: { description: 'There is no such voucher' },
      },
      handler: async ({ project, params, query }) => {
        const voucher = await findVoucher(sql, project, params.code);
        if (!voucher) throw notFound('voucher', params.code);
        const { limit, page, starting_after: startingAfter, order } = query;
        const found = await listPublications(
          sql,
          project.id,
          { voucherId: voucher.id },
          { limit, page, startingAfter, descending: order.startsWith('-') },
        );
        return { status: 200, body: list('publications', found.rows.map(publicationView), found) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/publications',
      tag,
      summary: 'List publications, failed ones too',
      scope: 'publications:read',
      query: listPublicationsQuery,
      responses: {
        200: { description: 'Publications', schema: publicationListSchema },
        404: { description: 'There is no such voucher' },
      },
      handler: async ({ project, query }) => {
        const {
          limit,
          page,
          starting_after: startingAfter,
          order,
          created_at: created,
          voucher: code,
          source_id: sourceId,
          ...filter
        } = query;
        const voucher = code === undefined ? undefined : await findVoucher(sql, project, code);
        if (voucher === null) throw notFound('voucher', code!);
        const found = await listPublications(
          sql,
          project.id,
          { ...filter, sourceId, voucherId: voucher?.id, createdAfter: created?.after, createdBefore: created?.before },
          { limit, page, startingAfter, descending: order.startsWith('-') },
        );
        return { status: 200, body: list('publications', found.rows.map(publicationView), found) };
      },
    }),
  ];
};
