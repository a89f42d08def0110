import { publishJourney } from '../../activities/journey/publish.ts';
import type { Sql, Tx } from '../../db/client.ts';
import { wakeJourney } from '../../db/cohorts.ts';
import {
  changeState,
  countJourneys,
  findJourney,
  findVersion,
  listJourneys,
  listVersions,
  type Journey,
  type JourneyState,
  type JourneyVersionRow,
} from '../../db/journeys.ts';
import { DomainError } from '../../domain/errors.ts';
import { notFound } from '../errors.ts';
import { route, type Answer, type Route } from '../route.ts';
import {
  journeyListSchema,
  journeyParams,
  journeySchema,
  listJourneysQuery,
  publishBody,
  publishedSchema,
  versionListSchema,
} from '../schemas/journey.ts';
import { list } from '../schemas/list.ts';

export interface JourneyRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const journeyView = (journey: Journey) => ({
  object: 'journey' as const,
  id: journey.id,
  key: journey.key,
  name: journey.name,
  state: journey.state,
  version: journey.version,
  created_at: journey.createdAt.toISOString(),
  updated_at: journey.updatedAt?.toISOString() ?? null,
});

const versionView = (version: JourneyVersionRow) => ({
  object: 'journey_version' as const,
  journey_id: version.journeyId,
  version: version.version,
  hash: version.hash,
  definition: version.definition,
  source: version.source,
  templates: version.templates,
  published_at: version.publishedAt.toISOString(),
});

const missing = { description: 'There is no such journey' };
const one = { description: 'The journey with its current version', schema: publishedSchema };

export const createJourneyRoutes = ({ sql, now }: JourneyRoutesDeps): Route[] => {
  const requireJourney = async (db: Sql | Tx, projectId: string, id: string): Promise<Journey> => {
    const journey = await findJourney(db, projectId, id);
    if (journey === null) throw notFound('journey', id);
    return journey;
  };

  const change = async (tx: Tx, projectId: string, id: string, to: JourneyState, from: JourneyState[]): Promise<Answer> => {
    const journey = await requireJourney(tx, projectId, id);
    const changed = await changeState(tx, journey, to, from, now());
    if (changed === null && journey.state !== to) {
      throw new DomainError('resource_in_use', `A journey that is ${journey.state} cannot be ${to}.`, {
        resource: { type: 'journey', id: journey.id },
      });
    }
    // Whoever sleeps has to look again: at being held, or at what became due meanwhile.
    if (changed !== null) await wakeJourney(tx, projectId, journey.id);
    return { status: 200, body: journeyView(changed ?? journey) };
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
      handler: async ({ project, query: { limit, page } }) => {
        const total = await countJourneys(sql, project.id);
        const rows = await listJourneys(sql, project.id, { limit, offset: (page - 1) * limit });
        return { status: 200, body: list('journeys', rows.map(journeyView), { total, hasMore: page * limit < total }) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/journeys',
      tag: 'Journeys',
      summary: 'Publish a journey, or its next version',
      description:
        'The definition as JSON, or as YAML with Content-Type application/yaml. It is checked as a whole, and everything wrong with it is told at once. ' +
        'Customers inside stay on the version they entered with; publishing the same again changes nothing.',
      scope: 'journeys:write',
      body: publishBody,
      textTypes: ['application/yaml', 'text/yaml'],
      responses: { 200: one },
      handler: ({ project, body, write }) =>
        write(async (tx) => {
          const { journey, version, changed } = await publishJourney(tx, project, body, { now: now() });
          return { status: 200, body: { ...journeyView(journey), changed, published: versionView(version) } };
        }),
    }),
    route({
      method: 'get',
      path: '/v1/journeys/{id}',
      tag: 'Journeys',
      summary: 'Get a journey with its current version',
      scope: 'journeys:read',
      params: journeyParams,
      responses: { 200: one, 404: missing },
      handler: async ({ project, params }) => {
        const journey = await requireJourney(sql, project.id, params.id);
        const version = await findVersion(sql, project.id, journey.id, journey.version);
        if (version === null) throw notFound('journey version', String(journey.version));
        return { status: 200, body: { ...journeyView(journey), changed: false, published: versionView(version) } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/journeys/{id}/versions',
      tag: 'Journeys',
      summary: 'List the versions of a journey, the latest first',
      scope: 'journeys:read',
      params: journeyParams,
      responses: { 200: { description: 'Versions', schema: versionListSchema }, 404: missing },
      handler: async ({ project, params }) => {
        const journey = await requireJourney(sql, project.id, params.id);
        const versions = await listVersions(sql, project.id, journey.id);
        return { status: 200, body: list('versions', versions.map(versionView), { total: versions.length, hasMore: false }) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/journeys/{id}/pause',
      tag: 'Journeys',
      summary: 'Pause a journey',
      description: 'Nobody enters, and everybody inside stays where they are. Nobody is thrown out; goals and exits still count.',
      scope: 'journeys:write',
      params: journeyParams,
      responses: { 200: { description: 'The journey', schema: journeySchema }, 404: missing },
      handler: ({ project, params, write }) => write((tx) => change(tx, project.id, params.id, 'paused', ['live'])),
    }),
    route({
      method: 'post',
      path: '/v1/journeys/{id}/resume',
      tag: 'Journeys',
      summary: 'Resume a journey',
      description: 'What became due while it was paused is done at once.',
      scope: 'journeys:write',
      params: journeyParams,
      responses: { 200: { description: 'The journey', schema: journeySchema }, 404: missing },
      handler: ({ project, params, write }) => write((tx) => change(tx, project.id, params.id, 'live', ['paused'])),
    }),
  ];
};
