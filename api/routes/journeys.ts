import { checkDefinition } from '../../activities/journey/check-definition.ts';
import { publishJourney } from '../../activities/journey/publish.ts';
import { saveJourneyDraft } from '../../activities/journey/save-draft.ts';
import type { Sql } from '../../db/client.ts';
import { countInside, countJourneys, findVersion, listJourneys, listVersions, type Journey } from '../../db/journey/journeys.ts';
import { notFound } from '../http/errors.ts';
import { insideView, journeyView, problemView, versionView } from '../journey/views.ts';
import { requireJourney } from '../journey/require-journey.ts';
import { route, type Route } from '../http/route.ts';
import {
  journeyListSchema,
  journeyParams,
  listJourneysQuery,
  publishedSchema,
  saveQuery,
  versionListSchema,
  versionParams,
  versionSchema,
  writtenBody,
} from '../schemas/journey.ts';
import { list } from '../schemas/list.ts';

export interface JourneyRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const missing = { description: 'There is no such journey' };
const one = { description: 'The journey with its current version', schema: publishedSchema };

export const createJourneyRoutes = ({ sql, now }: JourneyRoutesDeps): Route[] => {
  const draftOf = async ({ projectId, draft, draftSavedAt }: Journey) => {
    if (draft === null) return null;
    const { problems } = await checkDefinition(sql, projectId, { definition: draft });
    return { source: draft, saved_at: draftSavedAt?.toISOString() ?? '', problems: problems.map(problemView) };
  };

  return [
    route({
      method: 'get',
      path: '/v1/journeys',
      tag: 'Journeys',
      summary: 'List journeys',
      scope: 'journeys:read',
      query: listJourneysQuery,
      responses: { 200: { description: 'Journeys', schema: journeyListSchema } },
      handler: async ({ project, query: { limit, page, state } }) => {
        const total = await countJourneys(sql, project.id, state);
        const rows = await listJourneys(sql, project.id, { limit, offset: (page - 1) * limit, state });
        return { status: 200, body: list('journeys', rows.map(journeyView), { total, hasMore: page * limit < total }) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/journeys',
      tag: 'Journeys',
      summary: 'Publish a journey, or its next version, or save a draft',
      description:
        'The definition as JSON, or as YAML with Content-Type application/yaml. It is checked as a whole, and everything wrong with it is told at once. ' +
        'Customers inside stay on the version they entered with; publishing the same again changes nothing.',
      scope: 'journeys:write',
      query: saveQuery,
      body: writtenBody,
      textTypes: ['application/yaml', 'text/yaml'],
      responses: { 200: one },
      handler: ({ project, apiKey, query, body, bodyText, write }) =>
        write(async (tx) => {
          const text = typeof body === 'string' ? undefined : { text: bodyText, at: [] };
          if (query.draft) {
            const { journey, problems } = await saveJourneyDraft(tx, project.id, { definition: body, ...(text && { text }) }, now());
            const version = journey.version === 0 ? null : await findVersion(tx, project.id, journey.id, journey.version);
            const draft = {
              source: journey.draft ?? '',
              saved_at: journey.draftSavedAt?.toISOString() ?? '',
              problems: problems.map(problemView),
            };
            const published = version === null ? null : versionView(version);
            return { status: 200, body: { ...journeyView(journey), changed: false, migrated: 0, published, draft } };
          }
          const options = { now: now(), by: apiKey.id, ...(text && { text }) };
          const { journey, version, changed, migrated } = await publishJourney(tx, project, body, options);
          return { status: 200, body: { ...journeyView(journey), changed, migrated, published: versionView(version), draft: null } };
        }),
    }),
    route({
      method: 'get',
      path: '/v1/journeys/{id}',
      tag: 'Journeys',
      summary: 'Get a journey with its current version and its draft',
      scope: 'journeys:read',
      params: journeyParams,
      responses: { 200: one, 404: missing },
      handler: async ({ project, params }) => {
        const journey = await requireJourney(sql, project.id, params.id);
        const version = await findVersion(sql, project.id, journey.id, journey.version);
        const published = version === null ? null : versionView(version);
        return { status: 200, body: { ...journeyView(journey), changed: false, migrated: 0, published, draft: await draftOf(journey) } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/journeys/{id}/versions',
      tag: 'Journeys',
      summary: 'List the versions of a journey, the latest first, with who is inside on each',
      scope: 'journeys:read',
      params: journeyParams,
      responses: { 200: { description: 'Versions', schema: versionListSchema }, 404: missing },
      handler: async ({ project, params }) => {
        const journey = await requireJourney(sql, project.id, params.id);
        const inside = await countInside(sql, project.id, journey.id);
        const versions = await listVersions(sql, project.id, journey.id);
        const views = versions.map((each) => ({ ...versionView(each), inside: insideView(inside, each.version) }));
        return { status: 200, body: list('versions', views, { total: versions.length, hasMore: false }) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/journeys/{id}/versions/{version}',
      tag: 'Journeys',
      summary: 'Get one version as it was written, with who is inside on it',
      scope: 'journeys:read',
      params: versionParams,
      responses: { 200: { description: 'The version', schema: versionSchema }, 404: { description: 'There is no such version' } },
      handler: async ({ project, params }) => {
        const journey = await requireJourney(sql, project.id, params.id);
        const version = await findVersion(sql, project.id, journey.id, params.version);
        if (version === null) throw notFound('journey version', String(params.version));
        const inside = await countInside(sql, project.id, journey.id);
        return { status: 200, body: { ...versionView(version), inside: insideView(inside, version.version) } };
      },
    }),
  ];
};
