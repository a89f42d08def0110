import type { z } from 'zod';
import { lockLoyaltyCards, requireCard, type ProgramCard } from '../../activities/loyalty/card.ts';
import { activatePending } from '../../activities/loyalty/pending-activation.ts';
import {
  cancelPending,
  changePending,
  openPendingBook,
  writePendingBook,
  type PendingBook,
} from '../../activities/loyalty/pending-points.ts';
import { writePoints } from '../../activities/loyalty/points.ts';
import { pendingBalanceView, pendingPointsView, pointsBalanceView } from '../../activities/loyalty/points-events.ts';
import type { Sql, Tx } from '../../db/client.ts';
import { findPending, listPending, type PendingPoints } from '../../db/loyalty/pending-points.ts';
import { DomainError, invalidPayload } from '../../domain/errors.ts';
import { notFound } from '../http/errors.ts';
import { findMember } from '../loyalty/member.ts';
import { findLoyaltyProgram } from '../loyalty/program.ts';
import { route, type Answer, type RequestContext, type Route } from '../http/route.ts';
import { continuedList } from '../schemas/list.ts';
import { pointsBalanceSchema } from '../schemas/loyalty-card.ts';
import { memberOfProgramParams, memberParams, programParams } from '../schemas/loyalty.ts';
import {
  adjustPendingBody,
  listPendingQuery,
  pendingBalanceSchema,
  pendingOfMemberParams,
  pendingOfProgramParams,
  pendingPointsListSchema,
} from '../schemas/pending-points.ts';

export interface PendingPointsRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const tag = 'Loyalty points';
const missing = { description: 'There is no such loyalty program, card or entry' };
const settled = { description: 'The points do not wait any more: they are on the card, or were canceled' };
const listed = { 200: { description: 'Points that wait', schema: pendingPointsListSchema }, 404: missing };

/** The API finds members by their cards alone, or within a program. */
const PLACES = [
  { path: '/v1/loyalties/{campaign}/members/{member}', of: memberOfProgramParams, entry: pendingOfProgramParams },
  { path: '/v1/loyalties/members/{member}', of: memberParams, entry: pendingOfMemberParams },
] as const;

const requirePending = (entry: PendingPoints | null, id: string): PendingPoints => {
  if (!entry) throw notFound('pending points', id);
  if (entry.status === 'PENDING') return entry;
  const details = entry.status === 'ACTIVATED' ? 'They are on the card already' : 'They were canceled';
  throw new DomainError('pending_points_settled', 'These points do not wait any more.', {
    details,
    resource: { id, type: 'pending_points' },
  });
};

const tooFew = (points: number, waiting: number): DomainError =>
  invalidPayload([
    { path: 'points', message: `must leave at least one of the ${waiting} that wait: ${points} do not; cancel them instead` },
  ]);

/** An entry that waits, its card locked. */
interface Locked {
  tx: Tx;
  card: ProgramCard;
  entry: PendingPoints;
  book: PendingBook;
  at: Date;
}

export const createPendingPointsRoutes = ({ sql, now }: PendingPointsRoutesDeps): Route[] => {
  const list = async (
    projectId: string,
    of: { voucherId: string } | { campaignId: string },
    { limit, order, starting_after_id: startingAfter }: z.output<typeof listPendingQuery>,
  ): Promise<Answer> => {
    const { rows, hasMore } = await listPending(sql, projectId, of, { limit, startingAfter, descending: order === '-id' });
    return { status: 200, body: continuedList(rows.map(pendingPointsView), hasMore) };
  };

  /** Finds what waits on a card that is locked, and lets it be changed. */
  const change = (
    {
      project,
      params,
      write,
    }: Pick<RequestContext<{ member: string; campaign?: string; pendingPoints: string }>, 'project' | 'params' | 'write'>,
    act: (locked: Locked) => Promise<Answer> | Answer,
  ): Promise<Answer> =>
    write(async (tx) => {
      const at = now();
      const { code } = await findMember(tx, project, params);
      const card = requireCard(await lockLoyaltyCards(tx, project, { codes: [code] }, at), project, { code, campaignId: null });
      const entry = requirePending(await findPending(tx, project.id, card.id, params.pendingPoints), params.pendingPoints);
      const book = await openPendingBook(tx, project.id, [card]);
      const answer = await act({ tx, card, entry, book, at });
      await writePendingBook(tx, project.id, book);
      return answer;
    });

  const ofMember = ({ path, of, entry: entryParams }: (typeof PLACES)[number]): Route[] => [
    route({
      method: 'get',
      path: `${path}/pending-points`,
      tag,
      summary: 'List the points of a card that were earned and wait',
      scope: 'loyalties:read',
      params: of,
      query: listPendingQuery,
      responses: listed,
      handler: async ({ project, params, query }) => list(project.id, { voucherId: (await findMember(sql, project, params)).id }, query),
    }),
    route({
      method: 'post',
      path: `${path}/pending-points/{pendingPoints}/activate`,
      tag,
      summary: 'Put points that wait on the card now',
      description: 'They expire by when they became active.',
      scope: 'loyalties:write',
      params: entryParams,
      responses: { 200: { description: 'The balance after it', schema: pointsBalanceSchema }, 400: settled, 404: missing },
      handler: (context) =>
        change(context, async ({ tx, card, entry, book, at }) => {
          const { id: projectId, timezone: zone } = context.project;
          const activated = activatePending(book, card, entry, { since: card.at, zone }, at);
          if (activated === null)
            throw new DomainError('loyalty_card_points_exceeded', 'The card would have more points than can be counted.');
          await writePoints(tx, projectId, [card], [activated], at);
          return { status: 200, body: { ...pointsBalanceView(activated.transaction), operation_type: 'MANUAL' } };
        }),
    }),
    route({
      method: 'post',
      path: `${path}/pending-points/{pendingPoints}/balance`,
      tag,
      summary: 'Let more points wait, or fewer',
      scope: 'loyalties:write',
      params: entryParams,
      body: adjustPendingBody,
      responses: { 200: { description: 'What waits after it', schema: pendingBalanceSchema }, 400: settled, 404: missing },
      handler: (context) =>
        change(context, ({ card, entry, book, at }) => {
          const { points } = context.body;
          const left = entry.points + points;
          if (left <= 0 || !Number.isSafeInteger(left)) throw tooFew(points, entry.points);
          changePending(book, card, entry, points, at);
          const balance = pendingBalanceView(card.id, { points, total: book.totals.get(card.id)! });
          return { status: 200, body: { ...balance, operation_type: 'MANUAL' } };
        }),
    }),
    route({
      method: 'post',
      path: `${path}/pending-points/{pendingPoints}/cancel`,
      tag,
      summary: 'Cancel points that wait',
      scope: 'loyalties:write',
      params: entryParams,
      responses: { 204: { description: 'Canceled' }, 400: settled, 404: missing },
      handler: (context) =>
        change(context, ({ card, entry, book, at }) => {
          cancelPending(book, card, entry, at);
          return { status: 204 };
        }),
    }),
  ];

  return [
    ...PLACES.flatMap(ofMember),
    route({
      method: 'get',
      path: '/v1/loyalties/{campaign}/pending-points',
      tag,
      summary: 'List the points of all cards of a loyalty program that were earned and wait',
      scope: 'loyalties:read',
      params: programParams,
      query: listPendingQuery,
      responses: listed,
      handler: async ({ project, params, query }) =>
        list(project.id, { campaignId: (await findLoyaltyProgram(sql, project.id, params.campaign)).id }, query),
    }),
  ];
};
