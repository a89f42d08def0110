import type { z } from 'zod';
import { checkDefinition } from '../../activities/journey/check-definition.ts';
import { invalidDefinition } from '../../activities/journey/publish.ts';
import type { Simulated, SimulatedCustomers, SimulationInput } from '../../activities/simulation/input.ts';
import type { Simulate } from '../../activities/simulation/simulate.ts';
import type { Sql } from '../../db/client.ts';
import { findVersion, type Journey } from '../../db/journey/journeys.ts';
import { DomainError } from '../../domain/errors.ts';
import { orderOf } from '../checkout/request.ts';
import { notFound } from '../http/errors.ts';
import { requireJourney } from '../journey/require-journey.ts';
import { route, type Route } from '../http/route.ts';
import { journeyParams } from '../schemas/journey.ts';
import { simulateBody, simulateDefinitionBody, simulationSchema } from '../schemas/simulation.ts';

export interface SimulationRoutesDeps {
  sql: Sql;
  simulate: Simulate;
  now: () => Date;
}

type Body = z.output<typeof simulateBody> | z.output<typeof simulateDefinitionBody>;

/** A customer who is known is named and nothing else; who has other fields is made up. */
const customersOf = ({ customer = {}, customers }: Body): SimulatedCustomers => {
  const { id, source_id: sourceId, birthday, ...told } = customer;
  const like = { name: 'Ada Lovelace', email: 'ada@example.com', ...told, birthdate: told.birthdate ?? birthday };
  const named = id ?? sourceId;
  const fields = Object.values(told).some((value) => value !== undefined);
  if (customers !== undefined) {
    if (named !== undefined) {
      throw new DomainError('invalid_payload', 'A crowd is made up.', {
        fields: [{ path: 'customer', message: 'has no id and no source_id where there are `customers`: it says what they are all like' }],
      });
    }
    const { name: _name, email: _email, ...rest } = like;
    return { crowd: customers, like: { ...rest, sourceId: '' } };
  }
  return named !== undefined && !fields && birthday === undefined
    ? { known: named }
    : { madeUp: { ...like, sourceId: sourceId ?? id ?? 'simulated' } };
};

const inputOf = (body: Body, now: Date): SimulationInput => ({
  start: new Date(body.start ?? now).toISOString(),
  horizon: body.horizon,
  customers: customersOf(body),
  data: body.data,
  script: body.events.map(({ after, event, data, coupon, order, percent }) => ({
    after,
    event,
    data,
    coupon: coupon ?? null,
    order: order ? (orderOf(order) ?? null) : null,
    percent,
  })),
  answers: Object.fromEntries(
    Object.entries(body.answers).map(([name, { after, status, body: said }]) => [name, { after, status, body: said }]),
  ),
  orderAmount: body.order_amount ?? null,
});

const answers = {
  200: { description: 'What would happen: the timeline of one customer, or the figures of a crowd', schema: simulationSchema },
  404: { description: 'There is no such journey, version or customer' },
};

const DESCRIPTION =
  'Runs the same steps with a virtual clock on a copy that is thrown away: nothing is sent, nothing live is touched, nothing stays. ' +
  'It ends after 30 seconds or 5,000 steps; `stopped` then says so.';

export const createSimulationRoutes = ({ sql, simulate, now }: SimulationRoutesDeps): Route[] => {
  const ofDefinition = async (projectId: string, definition: unknown, text?: { text: string; at: string[] }): Promise<Simulated> => {
    const { journey, problems, templates } = await checkDefinition(sql, projectId, { definition, ...(text && { text }) });
    if (journey === null) throw invalidDefinition(problems);
    return { definition: journey.definition, templates, version: null };
  };

  const ofJourney = async (journey: Journey, version: number | undefined, draft: boolean): Promise<Simulated> => {
    if (draft || (version === undefined && journey.version === 0)) {
      if (journey.draft === null) throw notFound('draft of journey', journey.key);
      return ofDefinition(journey.projectId, journey.draft);
    }
    const number = version ?? journey.version;
    const row = await findVersion(sql, journey.projectId, journey.id, number);
    if (row === null) throw notFound('journey version', String(number));
    return { definition: row.definition, templates: row.templates, version: row.version };
  };

  return [
    route({
      method: 'post',
      path: '/v1/journeys/simulate',
      tag: 'Journeys',
      summary: 'Simulate a definition that is not published',
      description: DESCRIPTION,
      scope: 'journeys:read',
      body: simulateDefinitionBody,
      responses: answers,
      handler: async ({ project, body, bodyText }) => {
        const what = await ofDefinition(project.id, body.definition, { text: bodyText, at: ['definition'] });
        return { status: 200, body: await simulate(project, what, inputOf(body, now())) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/journeys/{id}/simulate',
      tag: 'Journeys',
      summary: 'Simulate a journey',
      description: DESCRIPTION,
      scope: 'journeys:read',
      params: journeyParams,
      body: simulateBody,
      responses: answers,
      handler: async ({ project, params, body }) => {
        const journey = await requireJourney(sql, project.id, params.id);
        const what = await ofJourney(journey, body.version, body.draft);
        return { status: 200, body: await simulate(project, what, inputOf(body, now())) };
      },
    }),
  ];
};
