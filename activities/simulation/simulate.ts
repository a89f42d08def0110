import type { Sql, Tx } from '../../db/client.ts';
import { findCustomer } from '../../db/customer/customers.ts';
import type { EventRow } from '../../db/event/events.ts';
import { createJourneyVersions, type JourneyVersions } from '../../db/journey/versions.ts';
import { writeVersion, type NewVersion } from '../../db/journey/journeys.ts';
import type { Project } from '../../db/project/projects.ts';
import { rolledBack } from '../../db/checkout/rolled-back.ts';
import { copyProject, type Copy } from '../../db/simulation/copy.ts';
import { DomainError } from '../../domain/errors.ts';
import { compileJourney } from '../../domain/journey/compile.ts';
import { kindOf } from '../../domain/journey/kinds.ts';
import { referencesOf } from '../../domain/journey/step-kind.ts';
import { didYouMean } from '../../domain/suggestion.ts';
import { createJourneyActivities } from '../journey/activities.ts';
import type { MailRenderer } from '../mail/render.ts';
import { crowdView, type CrowdView } from './crowd-view.ts';
import { enter, simulatedCustomers } from './enter.ts';
import { BOUNDS, PATIENCE, type Patience, type Simulated, type SimulationInput } from './input.ts';
import { run } from './run.ts';
import { storyView, type StoryView } from './story-view.ts';
import type { World } from './world.ts';

export interface SimulateDeps {
  sql: Sql;
  renderer: MailRenderer;
  publicUrl: string;
  randomBytes: (count: number) => Uint8Array;
  patience?: Patience;
  /** Makes relay/route-events.ts for a clock of ours. */
  routing: (deps: { versions: JourneyVersions; now: () => Date }) => (tx: Tx, events: EventRow[]) => Promise<void>;
}

export type Simulate = (project: Project, what: Simulated, input: SimulationInput) => Promise<StoryView | CrowdView>;

/**
 * Makes the simulator. It runs the activities of the journey's steps and the relay's routing with a clock of its own, on a copy of what
 * they need, in one transaction that is rolled back: nothing live is locked, nothing is sent, nothing stays.
 */
export const createSimulate = ({ sql, renderer, publicUrl, randomBytes, routing, patience = PATIENCE }: SimulateDeps): Simulate => {
  let running = 0;

  const within = async (inner: Sql, original: Project, what: Simulated, input: SimulationInput) => {
    const known = 'known' in input.customers ? await findCustomer(inner, original.id, input.customers.known) : null;
    if ('known' in input.customers && known === null) throw noCustomer(input.customers.known);
    const copy = await copyProject(inner, original, { ...namedBy(what), customerId: known?.id ?? null });
    const clock = { now: new Date(input.start) };
    const now = (): Date => clock.now;
    const versions = createJourneyVersions();
    const { version } = await inner.begin((tx) => writeVersion(tx, copy.project.id, draftOf(what, copy), clock.now));
    const ref = { projectId: copy.project.id, journeyId: version.journeyId, version: version.version };
    const journey = (await versions.get(inner, [ref]))(ref);
    const who = known === null ? input.customers : { known: known.id };
    const customers = await simulatedCustomers(inner, copy.project.id, who, clock.now);
    const verbose = customers.length === 1;
    requireSaved(input, what);
    const { answers } = input;
    const begun = { answers, posted: new Set<string>(), routed: '', happened: [], refusal: null };
    const world: World = { ...copy, sql: inner, versions, journey, customers, clock, verbose, ...begun };
    world.refusal = await enter(world, input);
    const activities = createJourneyActivities({ sql: inner, versions, now, randomBytes });
    const ran = await run(world, input, { activities, routeEvents: routing({ versions, now }), renderer, publicUrl, patience });
    return 'crowd' in input.customers ? crowdView(world, what, input, ran) : storyView(world, what, input, ran);
  };

  return async (project, what, input) => {
    if (running >= BOUNDS.atOnce) {
      throw new DomainError('too_many_requests', 'Other simulations are running.', { details: 'Try again in some seconds.' });
    }
    running += 1;
    try {
      return await rolledBack(sql, BOUNDS.statementMs, (inner) => within(inner, project, what, input));
    } finally {
      running -= 1;
    }
  };
};

/** An answer under a name that no step saves would be lost without a word. */
const requireSaved = ({ answers }: SimulationInput, { definition }: Simulated): void => {
  const saved = definition.steps.flatMap((step) => kindOf(step).saves?.(step.fields) ?? []);
  const fields = Object.keys(answers)
    .filter((name) => !saved.includes(name))
    .map((name) => ({ path: `answers.${name}`, message: `no step saves an answer as ${name}${didYouMean(name, saved)}` }));
  if (fields.length > 0) throw new DomainError('invalid_payload', 'Nobody waits for some of the answers.', { fields });
};

const noCustomer = (id: string): DomainError =>
  new DomainError('not_found', 'Resource not found', {
    details: `Cannot find customer with id ${id}`,
    resource: { id, type: 'customer' },
  });

const namedBy = ({ definition, templates }: Simulated) => {
  const references = definition.steps.flatMap((step) => referencesOf(kindOf(step), step.fields));
  const names = (what: string): string[] => [...new Set(references.flatMap((each) => (each.what === what ? each.name : [])))];
  const { segment } = definition.trigger;
  return { campaigns: names('campaign'), segments: [...names('segment'), ...(segment === undefined ? [] : [segment])], templates };
};

/** The version that is run: endpoints that are named by their ids are the copies. */
const draftOf = ({ definition, templates }: Simulated, { endpoints }: Copy): NewVersion => {
  const steps = definition.steps.map((step) => {
    const fields: unknown = JSON.parse(JSON.stringify(step.fields));
    for (const { what, name, path } of referencesOf(kindOf(step), step.fields)) {
      const copy = what === 'endpoint' ? endpoints.get(name) : undefined;
      if (copy !== undefined) setAt(fields as Record<string, unknown>, path, copy);
    }
    return { ...step, fields: fields as Record<string, unknown> };
  });
  const compiled = compileJourney(definition).journey;
  return {
    definition: { ...definition, steps },
    source: '',
    templates,
    triggerEvent: compiled.trigger.type,
    eventTypes: compiled.eventTypes,
  };
};

const setAt = (fields: Record<string, unknown>, path: (string | number)[], value: string): void => {
  let at = fields;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[String(path.at(-1))] = value;
};
