import type { Sql } from '../../db/client.ts';
import {
  countDeadLetters,
  DEAD_LETTER_KINDS,
  listDeadLetters,
  type DeadLetter,
  type DeadLetterKind,
} from '../../db/delivery/dead-letters.ts';
import { route, type Route } from '../http/route.ts';
import { deadLetterListSchema, listDeadLettersQuery } from '../schemas/dead-letter.ts';
import { list } from '../schemas/list.ts';

/** What tries a dead letter again. Who is overdue and an event that stands aside are tried again by the watch. */
const RETRIES: Record<DeadLetterKind, ((id: string) => string) | null> = {
  held_enrolment: (id) => `/v1/enrolments/${id}/retry`,
  overdue_enrolment: null,
  message: (id) => `/v1/messages/${id}/resend`,
  webhook_delivery: (id) => `/v1/webhooks/deliveries/${id}/resend`,
  inbound_event: (id) => `/v1/inbound-events/${id}/replay`,
  event: null,
  referee_reward: (id) => `/v1/referrals/${id}/reward/retry`,
};

const view = (letter: DeadLetter) => {
  const path = RETRIES[letter.kind]?.(letter.id) ?? null;
  return {
    object: 'dead_letter' as const,
    kind: letter.kind,
    id: letter.id,
    state: letter.state,
    cause: letter.cause === '' ? null : letter.cause,
    subject: letter.subject,
    since: letter.since.toISOString(),
    customer_id: letter.customerId,
    journey_id: letter.journeyId,
    enrolment_id: letter.enrolmentId,
    retry: path === null ? null : { method: 'POST' as const, path },
  };
};

export const createDeadLetterRoutes = ({ sql }: { sql: Sql }): Route[] => [
  route({
    method: 'get',
    path: '/v1/dead-letters',
    tag: 'Journeys',
    summary: 'List what stands still until somebody looks at it, the latest first',
    description:
      'Customers who are held or overdue, mails and webhooks that failed or of which nobody knows whether they arrived, posts that could not be mapped, ' +
      'events that could not be routed, and rewards of referees that were given up: each with its cause, and with what tries it again.',
    scope: 'journeys:read',
    query: listDeadLettersQuery,
    responses: { 200: { description: 'Dead letters', schema: deadLetterListSchema } },
    handler: async ({ project, query: { limit, page, kind } }) => {
      const kinds: readonly DeadLetterKind[] = kind === undefined ? DEAD_LETTER_KINDS : [kind];
      const rows = await listDeadLetters(sql, project.id, kinds, { limit, offset: (page - 1) * limit });
      const counts = await countDeadLetters(sql, project.id);
      const total = kinds.reduce((sum, each) => sum + counts[each], 0);
      const body = list('dead_letters', rows.slice(0, limit).map(view), { total, hasMore: rows.length > limit });
      return { status: 200, body: { ...body, counts } };
    },
  }),
];
