import { launchJourney } from '../../activities/journey/launch.ts';
import type { Sql, Tx } from '../../db/client.ts';
import { findVersion } from '../../db/journey/journeys.ts';
import {
  changeLaunch,
  countLaunches,
  countMembers,
  findLaunch,
  listLaunches,
  type Launch,
  type LaunchState,
} from '../../db/journey/launches.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Audience, Trigger } from '../../domain/journey/trigger.ts';
import { notFound } from '../http/errors.ts';
import { requireJourney } from '../journey/require-journey.ts';
import { route, type Answer, type Route } from '../http/route.ts';
import { journeyParams } from '../schemas/journey.ts';
import { launchBody, launchListSchema, launchParams, launchProgressSchema, listLaunchesQuery } from '../schemas/launch.ts';
import { list } from '../schemas/list.ts';

export interface LaunchRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const launchView = (launch: Launch) => ({
  object: 'launch' as const,
  id: launch.id,
  journey_id: launch.journeyId,
  version: launch.version,
  audience: launch.audience,
  state: launch.state,
  starts_per_second: launch.startsPerSecond,
  sends_per_second: launch.sendsPerSecond,
  local_time: launch.localTime,
  total: launch.total,
  created_at: launch.createdAt.toISOString(),
  finished_at: launch.finishedAt?.toISOString() ?? null,
});

const missing = { description: 'There is no such journey or launch' };
const conflict = { description: 'The launch, or its journey, is in a state that does not allow it' };

const refused = (message: string, id: string, type = 'launch'): DomainError =>
  new DomainError('resource_in_use', message, { resource: { type, id } });

/** Whom a journey is for where the launch does not say. */
const audienceOf = ({ manual, schedule }: Trigger): Audience | undefined =>
  (typeof manual === 'object' ? manual.audience : undefined) ?? schedule?.audience;

export const createLaunchRoutes = ({ sql, now }: LaunchRoutesDeps): Route[] => {
  const requireLaunch = async (db: Sql | Tx, projectId: string, params: { id: string; launch: string }): Promise<Launch> => {
    const journey = await requireJourney(db, projectId, params.id);
    const launch = await findLaunch(db, projectId, journey.id, params.launch);
    if (launch === null) throw notFound('launch', params.launch);
    return launch;
  };

  const withProgress = async (db: Sql | Tx, launch: Launch): Promise<Answer> => {
    const counts = await countMembers(db, launch.id);
    const inState = (state: string): number => counts.filter((each) => each.state === state).reduce((sum, { count }) => sum + count, 0);
    const reasons = Object.fromEntries(counts.flatMap(({ reason, count }) => (reason === null ? [] : [[reason, count]])));
    const [waiting, enrolled, holdout, skipped] = ['waiting', 'enrolled', 'holdout', 'skipped'].map(inState);
    return { status: 200, body: { ...launchView(launch), progress: { waiting, enrolled, holdout, skipped, reasons } } };
  };

  const changing = (action: string, summary: string, description: string, to: LaunchState, from: LaunchState[]): Route =>
    route({
      method: 'post',
      path: `/v1/journeys/{id}/launches/{launch}/${action}`,
      tag: 'Journeys',
      summary,
      description,
      scope: 'journeys:write',
      params: launchParams,
      responses: { 200: { description: 'The launch', schema: launchProgressSchema }, 404: missing, 409: conflict },
      handler: ({ project, params, write }) =>
        write(async (tx) => {
          const launch = await requireLaunch(tx, project.id, params);
          const changed = await changeLaunch(tx, launch, to, from, now());
          if (changed === null && launch.state !== to) throw refused(`A launch that is ${launch.state} cannot be ${to}.`, launch.id);
          return withProgress(tx, changed ?? launch);
        }),
    });

  return [
    route({
      method: 'post',
      path: '/v1/journeys/{id}/launch',
      tag: 'Journeys',
      summary: 'Launch a journey for an audience',
      description:
        'For journeys that start by hand or by a schedule. The audience is written down as it is now, and enters in cohorts of up to 500, ' +
        'each customer once. Filter, re-entry and concurrency of the trigger hold as always.',
      scope: 'journeys:write',
      params: journeyParams,
      body: launchBody,
      responses: { 200: { description: 'The launch', schema: launchProgressSchema }, 404: missing, 409: conflict },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          const journey = await requireJourney(tx, project.id, params.id);
          if (journey.state !== 'live') throw refused(`A journey that is ${journey.state} cannot be launched.`, journey.id, 'journey');
          const version = await findVersion(tx, project.id, journey.id, journey.version);
          if (version === null) throw notFound('journey version', String(journey.version));
          const { trigger } = version.definition;
          if (trigger.manual === undefined && trigger.schedule === undefined) {
            throw refused('This journey starts by an event, not by a launch.', journey.id, 'journey');
          }
          const audience = body.audience ?? audienceOf(trigger);
          if (audience === undefined) {
            const fields = [{ path: 'audience', message: 'is needed, since the journey names none' }];
            throw new DomainError('invalid_payload', 'A launch needs an audience.', { fields });
          }
          const of = {
            projectId: project.id,
            journeyId: journey.id,
            version: version.version,
            audience,
            data: body.data,
            scheduleRun: null,
          };
          const pace = { startsPerSecond: body.starts_per_second ?? null, sendsPerSecond: body.sends_per_second ?? null };
          const launch = await launchJourney(tx, { ...of, ...pace, localTime: body.local_time ?? null }, now());
          if (launch === null) throw new Error('a launch by hand is of no schedule');
          return withProgress(tx, launch);
        }),
    }),
    route({
      method: 'get',
      path: '/v1/journeys/{id}/launches',
      tag: 'Journeys',
      summary: 'List the launches of a journey, the latest first',
      scope: 'journeys:read',
      params: journeyParams,
      query: listLaunchesQuery,
      responses: { 200: { description: 'Launches', schema: launchListSchema }, 404: missing },
      handler: async ({ project, params, query: { limit, page } }) => {
        const journey = await requireJourney(sql, project.id, params.id);
        const total = await countLaunches(sql, project.id, journey.id);
        const rows = await listLaunches(sql, project.id, journey.id, { limit, offset: (page - 1) * limit });
        return { status: 200, body: list('launches', rows.map(launchView), { total, hasMore: page * limit < total }) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/journeys/{id}/launches/{launch}',
      tag: 'Journeys',
      summary: 'Get a launch, and how far it is',
      scope: 'journeys:read',
      params: launchParams,
      responses: { 200: { description: 'The launch', schema: launchProgressSchema }, 404: missing },
      handler: async ({ project, params }) => withProgress(sql, await requireLaunch(sql, project.id, params)),
    }),
    changing('pause', 'Pause a launch', 'Nobody more enters; those who are in go on.', 'paused', ['running']),
    changing('resume', 'Resume a launch', 'It goes on where it was: nobody is left out, nobody enters twice.', 'running', ['paused']),
    changing('cancel', 'End a launch', 'Nobody more enters, for good; those who are in go on.', 'cancelled', ['running', 'paused']),
  ];
};
