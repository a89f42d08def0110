import { journeyResults } from '../../activities/journey/results.ts';
import type { Sql } from '../../db/client.ts';
import { findVersion } from '../../db/journey/journeys.ts';
import { notFound } from '../http/errors.ts';
import { requireJourney } from '../journey/require-journey.ts';
import { route, type Route } from '../http/route.ts';
import { journeyParams } from '../schemas/journey.ts';
import { resultsQuery, resultsSchema } from '../schemas/results.ts';

export const createJourneyResultsRoutes = ({ sql }: { sql: Sql }): Route[] => [
  route({
    method: 'get',
    path: '/v1/journeys/{id}/results',
    tag: 'Journeys',
    summary: 'Get what a journey did',
    description:
      'The funnel by step and variant, conversions within the goal’s window, the lift against the holdout with its interval of confidence, ' +
      'revenue and discounts by currency. Amounts are minor units.',
    scope: 'journeys:read',
    params: journeyParams,
    query: resultsQuery,
    responses: { 200: { description: 'The results', schema: resultsSchema }, 404: { description: 'There is no such journey or version' } },
    handler: async ({ project, params, query: { version, from, to } }) => {
      const journey = await requireJourney(sql, project.id, params.id);
      const row = await findVersion(sql, project.id, journey.id, version ?? journey.version);
      if (row === null) throw notFound('journey version', String(version ?? journey.version));
      const results = await journeyResults(sql, { project, journey, definition: row.definition, version, from, to });
      return { status: 200, body: results };
    },
  }),
];
