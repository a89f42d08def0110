import { mailData, type MailLinks } from '../../activities/mail/compose.ts';
import { publishTemplate } from '../../activities/mail/publish.ts';
import type { MailRenderer } from '../../activities/mail/render.ts';
import type { Sql } from '../../db/client.ts';
import { defaultSmtpRoute, type SmtpConfig } from '../../db/delivery/destinations.ts';
import { listTemplates, loadTemplate, type TemplateVersion } from '../../db/delivery/templates.ts';
import { DomainError } from '../../domain/errors.ts';
import { SAMPLE_DATA } from '../../domain/template/variables.ts';
import { route, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import {
  listTemplatesQuery,
  previewBody,
  publishTemplateBody,
  renderedSchema,
  templateListSchema,
  templateParams,
  templateQuery,
  templateSchema,
  templateWithSourceSchema,
} from '../schemas/template.ts';

export interface TemplateRoutesDeps {
  sql: Sql;
  renderer: MailRenderer;
  links: MailLinks;
}

const missing = { description: 'There is no such template' };

const view = (template: TemplateVersion) => ({
  key: template.key,
  version: template.version,
  topic: template.topic,
  subject: template.subject,
  hash: template.hash,
  published_at: template.publishedAt.toISOString(),
  object: 'template' as const,
});

export const createTemplateRoutes = ({ sql, renderer, links }: TemplateRoutesDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/templates',
    tag: 'Templates',
    summary: 'List mail templates',
    scope: 'templates:read',
    query: listTemplatesQuery,
    responses: { 200: { description: 'The latest version of each', schema: templateListSchema } },
    handler: async ({ project, query }) => {
      const found = await listTemplates(sql, project.id, query);
      return { status: 200, body: list('templates', found.rows.map(view), found) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/templates/{key}',
    tag: 'Templates',
    summary: 'Publish a mail template',
    description:
      'Everything that could fail when a mail is rendered is named now, with its line. Versions never change: mails and journeys keep the one they were planned with. The source of the latest version again is no new version.',
    scope: 'templates:write',
    params: templateParams,
    body: publishTemplateBody,
    responses: { 200: { description: 'The version that this source is', schema: templateSchema } },
    handler: ({ project, params, body, write }) =>
      write(async (tx) => {
        const { template } = await publishTemplate(tx, project.id, params.key, body.source);
        return { status: 200, body: view(template) };
      }),
  }),
  route({
    method: 'get',
    path: '/v1/templates/{key}',
    tag: 'Templates',
    summary: 'Get a mail template with its source',
    scope: 'templates:read',
    params: templateParams,
    query: templateQuery,
    responses: { 200: { description: 'The template', schema: templateWithSourceSchema }, 404: missing },
    handler: async ({ project, params, query }) => {
      const template = await loadTemplate(sql, project.id, params.key, query.version);
      return { status: 200, body: { ...view(template), source: template.source } };
    },
  }),
  route({
    method: 'post',
    path: '/v1/templates/{key}/preview',
    tag: 'Templates',
    summary: 'Render a mail template with data of your own',
    description: 'Nothing is sent. Its unsubscribe link leads nowhere.',
    scope: 'templates:read',
    params: templateParams,
    body: previewBody,
    responses: { 200: { description: 'The mail', schema: renderedSchema }, 404: missing },
    handler: async ({ project, params, body }) => {
      const template = await loadTemplate(sql, project.id, params.key, body.version);
      const { config } = await defaultSmtpRoute(sql, project.id);
      const data = mailData({
        payload: {
          to: 'ada@example.com',
          name: null,
          topic: template.topic ?? '',
          template: template.key,
          version: template.version,
          data: { ...SAMPLE_DATA, ...body.data },
        },
        config: config as unknown as SmtpConfig,
        url: `${links.publicUrl}/u/preview`,
        currency: project.currency,
      });
      const [result] = await renderer.render([
        {
          template: { ...template, id: `${project.id} ${template.key} ${template.version}` },
          data,
        },
      ]);
      if (result === undefined || 'error' in result)
        throw new DomainError('definition_invalid', 'The mail cannot be rendered with this data.', { details: result?.error });
      return { status: 200, body: result.rendered };
    },
  }),
];
