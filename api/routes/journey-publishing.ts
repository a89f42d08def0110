import { checkDefinition } from '../../activities/journey/check-definition.ts';
import { publishJourney, type Inside } from '../../activities/journey/publish.ts';
import { findVersion, type Journey } from '../../db/journey/journeys.ts';
import type { Tx } from '../../db/client.ts';
import { DomainError } from '../../domain/errors.ts';
import { notFound } from '../http/errors.ts';
import { journeyView, problemView, versionView } from '../journey/views.ts';
import { requireJourney } from '../journey/require-journey.ts';
import { route, type Route } from '../http/route.ts';
import { checkedSchema, journeyParams, publishBody, publishedSchema, writtenBody } from '../schemas/journey.ts';
import type { JourneyRoutesDeps } from './journeys.ts';

const definitionOf = async (tx: Tx, journey: Journey, body: { definition?: unknown; version?: number | undefined }): Promise<unknown> => {
  if (body.definition !== undefined) return body.definition;
  if (body.version !== undefined) {
    const version = await findVersion(tx, journey.projectId, journey.id, body.version);
    if (version === null) throw notFound('journey version', String(body.version));
    return version.source;
  }
  if (journey.draft !== null) return journey.draft;
  throw new DomainError('invalid_payload', 'There is nothing to publish.', {
    fields: [{ path: 'definition', message: 'is missing, and the journey has no draft' }],
  });
};

export const createJourneyPublishingRoutes = ({ sql, now }: JourneyRoutesDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/journeys/validate',
    tag: 'Journeys',
    summary: 'Check a definition without publishing it',
    description: 'Everything that is wrong with it, each with its line, column and step.',
    scope: 'journeys:read',
    body: writtenBody,
    textTypes: ['application/yaml', 'text/yaml'],
    responses: { 200: { description: 'Whether it could be published, and what is wrong with it', schema: checkedSchema } },
    handler: async ({ project, body, bodyText }) => {
      const text = typeof body === 'string' ? undefined : { text: bodyText, at: [] };
      const { problems } = await checkDefinition(sql, project.id, { definition: body, ...(text && { text }) });
      return { status: 200, body: { object: 'journey_check', valid: problems.length === 0, problems: problems.map(problemView) } };
    },
  }),
  route({
    method: 'post',
    path: '/v1/journeys/{id}/publish',
    tag: 'Journeys',
    summary: 'Publish the next version, and say what becomes of those who are inside',
    description:
      '`stay`: they finish on the version they entered with. `migrate`: they go over at once; whoever stands at a step that the new version has not needs a place in `steps`. ' +
      '`drain`: nobody enters the new version until all who are inside have left; then it goes live by itself.',
    scope: 'journeys:write',
    params: journeyParams,
    body: publishBody,
    responses: {
      200: { description: 'The journey with its new version', schema: publishedSchema },
      404: { description: 'There is no such journey' },
    },
    handler: ({ project, apiKey, params, body, bodyText, write }) =>
      write(async (tx) => {
        const journey = await requireJourney(tx, project.id, params.id);
        const definition = await definitionOf(tx, journey, body);
        const inside: Inside = body.inside === 'migrate' ? { policy: 'migrate', steps: body.steps } : { policy: body.inside };
        const text = typeof definition === 'string' ? undefined : { text: bodyText, at: ['definition'] };
        const options = { now: now(), inside, key: journey.key, by: apiKey.id, ...(text && { text }) };
        const published = await publishJourney(tx, project, definition, options);
        const { changed, migrated, version } = published;
        return {
          status: 200,
          body: { ...journeyView(published.journey), changed, migrated, published: versionView(version), draft: null },
        };
      }),
  }),
];
