import type { Tx } from '../../db/client.ts';
import { wakeJourney } from '../../db/journey/cohorts.ts';
import { recordEvents } from '../../db/event/events.ts';
import { changeState, countInside, finishDrains, type Journey, type JourneyState } from '../../db/journey/journeys.ts';
import type { RequestContext } from '../http/route.ts';
import { DomainError } from '../../domain/errors.ts';
import { journeyView } from '../journey/views.ts';
import { requireJourney } from '../journey/require-journey.ts';
import { route, type Route } from '../http/route.ts';
import { journeyParams, journeySchema } from '../schemas/journey.ts';
import type { JourneyRoutesDeps } from './journeys.ts';

const responses = {
  200: { description: 'The journey', schema: journeySchema },
  404: { description: 'There is no such journey' },
  409: { description: 'The journey is in a state that does not allow it' },
};

interface Turn {
  to: JourneyState;
  from: JourneyState[];
  /** The event that tells of it. */
  event: string;
}

export const createJourneyStateRoutes = ({ now }: JourneyRoutesDeps): Route[] => {
  const tell = (tx: Tx, journey: Journey, type: string, by: string) =>
    recordEvents(tx, [
      {
        projectId: journey.projectId,
        type,
        customerId: null,
        data: { journey: journey.key, journey_id: journey.id, version: journey.version, by },
        dedupeKey: null,
        occurredAt: now(),
      },
    ]);

  const refuse = (journey: Journey, to: JourneyState): DomainError =>
    new DomainError('resource_in_use', `A journey that is ${journey.state} cannot be ${to}.`, {
      resource: { type: 'journey', id: journey.id },
    });

  const turn = (context: RequestContext<{ id: string }>, { to, from, event }: Turn) =>
    context.write(async (tx) => {
      const journey = await requireJourney(tx, context.project.id, context.params.id);
      if (journey.state === to) return { status: 200, body: journeyView(journey) };
      const changed = await changeState(tx, journey, to, from, now(), to === 'draining' ? 'archived' : null);
      if (changed === null) throw refuse(journey, to);
      await tell(tx, changed, event, context.apiKey.id);
      const [over] = to === 'draining' ? await finishDrains(tx, now(), changed) : [];
      // Whoever sleeps has to look again: at being held, or at what became due meanwhile.
      await wakeJourney(tx, context.project.id, journey.id);
      return { status: 200, body: journeyView(over ?? changed) };
    });

  const stateRoute = (name: string, summary: string, description: string, to: Turn) =>
    route({
      method: 'post',
      path: `/v1/journeys/{id}/${name}`,
      tag: 'Journeys',
      summary,
      description,
      scope: 'journeys:write',
      params: journeyParams,
      responses,
      handler: (context) => turn(context, to),
    });

  return [
    stateRoute(
      'pause',
      'Pause a journey',
      'Nobody enters, and everybody inside stays where they are. Nobody is thrown out; goals and exits still count.',
      { to: 'paused', from: ['live', 'draining'], event: 'journey.paused' },
    ),
    stateRoute(
      'resume',
      'Resume a journey',
      'What became due while it was paused is done at once. A journey that drains takes customers in again.',
      {
        to: 'live',
        from: ['paused', 'draining'],
        event: 'journey.resumed',
      },
    ),
    stateRoute('drain', 'Let nobody in any more, and everybody inside go on to the end', 'When the last has left, it is archived.', {
      to: 'draining',
      from: ['live', 'paused'],
      event: 'journey.draining',
    }),
    route({
      method: 'post',
      path: '/v1/journeys/{id}/archive',
      tag: 'Journeys',
      summary: 'Archive a journey in which nobody is left',
      description: 'Its versions and results stay. Publishing it again brings it back.',
      scope: 'journeys:write',
      params: journeyParams,
      responses,
      handler: (context) =>
        context.write(async (tx) => {
          const journey = await requireJourney(tx, context.project.id, context.params.id);
          if (journey.state === 'archived') return { status: 200, body: journeyView(journey) };
          // First nobody enters any more, and then it is looked for who is inside.
          const changed = await changeState(tx, journey, 'archived', ['draft', 'live', 'paused', 'draining'], now());
          if (changed === null) throw refuse(journey, 'archived');
          const inside = (await countInside(tx, journey.projectId, journey.id)).reduce((total, each) => total + each.customers, 0);
          if (inside > 0)
            throw new DomainError('resource_in_use', `${inside} ${inside === 1 ? 'customer is' : 'customers are'} inside.`, {
              details: 'Drain it, so that they go on to the end, or let them leave first.',
              resource: { type: 'journey', id: journey.id },
            });
          await tell(tx, changed, 'journey.archived', context.apiKey.id);
          return { status: 200, body: journeyView(changed) };
        }),
    }),
  ];
};
