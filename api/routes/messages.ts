import { mailData, unsubscribeUrl, type MailLinks } from '../../activities/mail/compose.ts';
import type { MailRenderer, Rendered } from '../../activities/mail/render.ts';
import type { Sql } from '../../db/client.ts';
import { findCustomer } from '../../db/customer/customers.ts';
import { findDestination, type SmtpConfig } from '../../db/delivery/destinations.ts';
import { findAttempts, findMessage, listMessages, type Message, type MessageAttempt, resendMessage } from '../../db/delivery/messages.ts';
import type { Project } from '../../db/project/projects.ts';
import { findTemplate } from '../../db/delivery/templates.ts';
import { DomainError } from '../../domain/errors.ts';
import { notFound } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import {
  listMessagesQuery,
  messageListSchema,
  messageParams,
  messageQuery,
  messageSchema,
  messageWithAttemptsSchema,
} from '../schemas/message.ts';

export interface MessageRoutesDeps {
  sql: Sql;
  renderer: MailRenderer;
  links: MailLinks;
  now: () => Date;
}

const missing = { description: 'There is no such message' };

const view = (message: Message) => ({
  id: message.id,
  state: message.state,
  reason: message.reason,
  to: message.payload.to,
  topic: message.payload.topic,
  template: { key: message.payload.template, version: message.payload.version },
  customer_id: message.customerId,
  enrolment_id: message.enrolmentId,
  priority: message.priority,
  due_at: message.dueAt.toISOString(),
  attempts_count: message.attempts,
  message_id: message.messageId,
  created_at: message.createdAt.toISOString(),
  finished_at: message.finishedAt?.toISOString() ?? null,
  object: 'message' as const,
});

const attemptView = (attempt: MessageAttempt) => ({
  number: attempt.number,
  outcome: attempt.outcome,
  answer: attempt.answer,
  started_at: attempt.startedAt.toISOString(),
  finished_at: attempt.finishedAt?.toISOString() ?? null,
});

export const createMessageRoutes = ({ sql, renderer, links, now }: MessageRoutesDeps): Route[] => {
  const load = async (projectId: string, id: string): Promise<Message> => {
    const message = await findMessage(sql, projectId, id);
    if (!message) throw notFound('message', id);
    return message;
  };

  const contentOf = async (project: Project, message: Message): Promise<Rendered | { error: string }> => {
    const { template: key, version } = message.payload;
    const [template, destination] = await Promise.all([
      findTemplate(sql, project.id, key, version),
      findDestination(sql, message.destinationId),
    ]);
    if (!template || !destination) return { error: `There is no version ${version} of template ${key}.` };
    const config = destination.config as unknown as SmtpConfig;
    const data = mailData({
      payload: message.payload,
      config,
      url: unsubscribeUrl({ ...message, delivery: message }, links),
      currency: project.currency,
    });
    const [result] = await renderer.render([{ template: { ...template, id: `${project.id} ${key} ${version}` }, data }]);
    return result === undefined ? { error: 'the mail was not rendered' } : 'error' in result ? result : result.rendered;
  };

  return [
    route({
      method: 'get',
      path: '/v1/messages',
      tag: 'Messages',
      summary: 'List mails, sent and to be sent',
      scope: 'messages:read',
      query: listMessagesQuery,
      responses: { 200: { description: 'Messages', schema: messageListSchema } },
      handler: async ({ project, query }) => {
        const { limit, page, order, starting_after: startingAfter, customer, enrolment: enrolmentId, state } = query;
        const known = customer === undefined ? null : await findCustomer(sql, project.id, customer);
        const customerId = customer === undefined ? undefined : (known?.id ?? customer);
        const found = await listMessages(
          sql,
          project.id,
          { customerId, enrolmentId, state },
          { limit, page, startingAfter, descending: order === '-created_at' },
        );
        return { status: 200, body: list('messages', found.rows.map(view), found) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/messages/{id}',
      tag: 'Messages',
      summary: 'Get a mail with its attempts',
      scope: 'messages:read',
      params: messageParams,
      query: messageQuery,
      responses: { 200: { description: 'The message', schema: messageWithAttemptsSchema }, 404: missing },
      handler: async ({ project, params, query }) => {
        const message = await load(project.id, params.id);
        const attempts = (await findAttempts(sql, message)).map(attemptView);
        return { status: 200, body: { ...view(message), attempts, ...(query.content && { content: await contentOf(project, message) }) } };
      },
    }),
    route({
      method: 'post',
      path: '/v1/messages/{id}/resend',
      tag: 'Messages',
      summary: 'Send a mail again that failed, or of which nobody knows whether it arrived',
      description: 'A mail that is `unknown` may have arrived, and then comes twice: that is for you to say.',
      scope: 'messages:write',
      params: messageParams,
      responses: {
        200: { description: 'The message, planned again', schema: messageSchema },
        404: missing,
        409: { description: 'It is in no such state' },
      },
      handler: ({ project, params, write }) =>
        write(async (tx) => {
          const resent = await resendMessage(tx, project.id, params.id, now());
          if (resent) return { status: 200, body: view(resent) };
          const { state } = await load(project.id, params.id);
          throw new DomainError('resource_in_use', `This message is ${state}; only one that is failed or unknown can be sent again.`, {
            resource: { id: params.id, type: 'message' },
          });
        }),
    }),
  ];
};
