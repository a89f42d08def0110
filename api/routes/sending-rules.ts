import type { Sql } from '../../db/client.ts';
import { findSendingRules, writeSendingRules } from '../../db/delivery/sending-rules.ts';
import type { SendingRules } from '../../domain/delivery/sending.ts';
import { route, type Route } from '../http/route.ts';
import { sendingRulesBody, sendingRulesSchema } from '../schemas/sending-rules.ts';

export interface SendingRulesRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const view = (rules: SendingRules) => ({ object: 'sending_rules' as const, ...rules });

const answer = { description: 'The rules', schema: sendingRulesSchema };

export const createSendingRulesRoutes = ({ sql, now }: SendingRulesRoutesDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/sending-rules',
    tag: 'Messages',
    summary: 'Get the quiet hours and frequency caps of the project',
    scope: 'messages:read',
    responses: { 200: answer },
    handler: async ({ project }) => ({ status: 200, body: view(await findSendingRules(sql, project.id)) }),
  }),
  route({
    method: 'put',
    path: '/v1/sending-rules',
    tag: 'Messages',
    summary: 'Set the quiet hours and frequency caps of the project',
    description:
      'What is left out is none. They hold for mails that are planned already as well, since they are asked again when a mail is sent.',
    scope: 'messages:write',
    body: sendingRulesBody,
    responses: { 200: answer },
    handler: ({ project, body, write }) =>
      write(async (tx) => {
        await writeSendingRules(tx, project.id, body, now());
        return { status: 200, body: view(body) };
      }),
  }),
];
