import type { Sql } from '../../db/client.ts';
import { findClocks } from '../../db/customer/customers.ts';
import { recordEvents } from '../../db/event/events.ts';
import { countReviews, decideCheck, findCheck, listReviews, type ReferralCheck } from '../../db/referral/checks.ts';
import { DomainError } from '../../domain/errors.ts';
import { REVIEWED } from '../../domain/journey/steps/check.ts';
import { notFound } from '../http/errors.ts';
import { requireJourney } from '../journey/require-journey.ts';
import { route, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import { decisionBody, listReviewsQuery, reviewListSchema, reviewParams, reviewSchema } from '../schemas/review.ts';

export interface ReviewRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const reviewView = (check: ReferralCheck) => ({
  object: 'review' as const,
  id: check.id,
  journey_id: check.journeyId,
  enrolment_id: check.enrolmentId,
  step: check.step,
  referee_id: check.refereeId,
  referrer_id: check.referrerId,
  signals: check.signals,
  decision: check.decision,
  note: check.note,
  created_at: check.createdAt.toISOString(),
  decided_at: check.decidedAt?.toISOString() ?? null,
});

const one = { description: 'The review', schema: reviewSchema };
const missing = { description: 'There is no such review' };

export const createReviewRoutes = ({ sql, now }: ReviewRoutesDeps): Route[] => {
  const deciding = (action: string, decision: 'approved' | 'rejected', summary: string): Route =>
    route({
      method: 'post',
      path: `/v1/reviews/{id}/${action}`,
      tag: 'Journeys',
      summary,
      description: 'The customer goes on at once. A review that is decided stays decided.',
      scope: 'journeys:write',
      params: reviewParams,
      body: decisionBody,
      responses: { 200: one, 404: missing, 409: { description: 'It is decided otherwise already' } },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          const at = now();
          const decided = await decideCheck(tx, project.id, params.id, { decision, note: body.note ?? null }, at);
          if (decided === null) {
            const known = await findCheck(tx, project.id, params.id);
            if (known === null || known.verdict !== 'review') throw notFound('review', params.id);
            if (known.decision === decision) return { status: 200, body: reviewView(known) };
            throw new DomainError('resource_in_use', `This review is ${known.decision} already.`, {
              resource: { type: 'review', id: known.id },
            });
          }
          const clocks = await findClocks(tx, project.id, [decided.refereeId]);
          const { id, enrolmentId, step, note } = decided;
          await recordEvents(tx, [
            {
              projectId: project.id,
              type: REVIEWED,
              customerId: decided.refereeId,
              data: { review_id: id, enrolment_id: enrolmentId, step, decision, note },
              dedupeKey: `review ${id}`,
              occurredAt: new Date(at.getTime() + (clocks.get(decided.refereeId) ?? 0)),
            },
          ]);
          return { status: 200, body: reviewView(decided) };
        }),
    });

  return [
    route({
      method: 'get',
      path: '/v1/reviews',
      tag: 'Journeys',
      summary: 'List referrals that people have to decide, or have decided',
      scope: 'journeys:read',
      query: listReviewsQuery,
      responses: { 200: { description: 'Reviews, the oldest first while they are open', schema: reviewListSchema }, 404: missing },
      handler: async ({ project, query: { limit, page, state, journey } }) => {
        const journeyId = journey === undefined ? undefined : (await requireJourney(sql, project.id, journey)).id;
        const total = await countReviews(sql, project.id, { state, journeyId });
        const rows = await listReviews(sql, project.id, { state, journeyId }, { limit, offset: (page - 1) * limit });
        return { status: 200, body: list('reviews', rows.map(reviewView), { total, hasMore: page * limit < total }) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/reviews/{id}',
      tag: 'Journeys',
      summary: 'Get a review',
      scope: 'journeys:read',
      params: reviewParams,
      responses: { 200: one, 404: missing },
      handler: async ({ project, params }) => {
        const check = await findCheck(sql, project.id, params.id);
        if (check === null || check.verdict !== 'review') throw notFound('review', params.id);
        return { status: 200, body: reviewView(check) };
      },
    }),
    deciding('approve', 'approved', 'Let a referral count'),
    deciding('reject', 'rejected', 'Let a referral not count'),
  ];
};
