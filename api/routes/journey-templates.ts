import { installJourney, journeyTemplates } from '../journey/install-journey.ts';
import { journeyView } from '../journey/views.ts';
import { route, type Route } from '../http/route.ts';
import { installedSchema, journeyTemplateListSchema, journeyTemplateParams } from '../schemas/journey-template.ts';
import { list } from '../schemas/list.ts';

export interface JourneyTemplateRoutesDeps {
  now: () => Date;
}

export const createJourneyTemplateRoutes = ({ now }: JourneyTemplateRoutesDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/journey-templates',
    tag: 'Journeys',
    summary: 'List the journeys that ship',
    scope: 'journeys:read',
    responses: { 200: { description: 'Journeys that can be installed', schema: journeyTemplateListSchema } },
    handler: async () => {
      const templates = journeyTemplates().map((each) => ({ object: 'journey_template' as const, ...each }));
      return { status: 200, body: list('journey_templates', templates, { total: templates.length, hasMore: false }) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/journey-templates/{name}/install',
    tag: 'Journeys',
    summary: 'Install a journey that ships',
    description: 'With its campaigns and mails, as far as the project does not have them; what it has is left as it is.',
    scope: 'journeys:write',
    params: journeyTemplateParams,
    responses: { 200: { description: 'What was made', schema: installedSchema }, 404: { description: 'No such journey ships' } },
    handler: ({ project, params, write }) =>
      write(async (tx) => {
        const { journey, installed } = await installJourney(tx, project, params.name, now());
        return { status: 200, body: { object: 'journey_template', name: params.name, installed, journey: journeyView(journey) } };
      }),
  }),
];
