import type { CustomerInput } from '../../domain/customer.ts';
import type { JourneyDefinition } from '../../domain/journey/definition.ts';
import type { OrderRequest } from '../checkout/request.ts';

/** What is simulated: a definition that could be published, with the versions of its templates. */
export interface Simulated {
  definition: JourneyDefinition;
  templates: Record<string, number>;
  /** Null where it was not published. */
  version: number | null;
}

/** Something that happens to a customer while a journey is simulated. */
export interface ScriptedEvent {
  /** ISO 8601, from the start on; PT0S is the start. */
  after: string;
  /** `coupon.redeemed` and `customer.unsubscribed` do what they say; any other is told as a source would. */
  event: string;
  data: Record<string, unknown>;
  /** The coupon that is redeemed, by its name in the journey; without it, the last one issued. */
  coupon: string | null;
  order: OrderRequest | null;
  /** In a crowd, to which part of it this happens: 0 to 100. */
  percent: number;
}

/** What an endpoint answers a webhook whose step waits for it. */
export interface ScriptedAnswer {
  /** ISO 8601, from the post on; PT0S is at once. */
  after: string;
  /** Of HTTP. What is no 2xx is taken for the endpoint's last word. */
  status: number;
  body: unknown;
}

export interface SimulationInput {
  /** ISO 8601 */
  start: string;
  /** How long it may go on. */
  horizon: string;
  customers: SimulatedCustomers;
  /** What the event that lets them in carries. */
  data: Record<string, unknown>;
  script: ScriptedEvent[];
  /** By the name of `save_as`. What is not here is not answered. */
  answers: Record<string, ScriptedAnswer>;
  /** What an order is assumed to cost at most, in minor units. */
  orderAmount: number | null;
}

/** One that is known, one that is made up, or a crowd of those. */
export type SimulatedCustomers = { known: string } | { madeUp: CustomerInput } | { crowd: number; like: CustomerInput };

/** How long a simulation may run. */
export interface Patience {
  /** Runs of a step for a set of customers. */
  steps: number;
  milliseconds: number;
}

export const PATIENCE: Patience = { steps: 5_000, milliseconds: 30_000 };

/** How much may be asked of a simulation. */
export const BOUNDS = {
  statementMs: 10_000,
  customers: 1_000,
  script: 100,
  /** Simulations at once in a process. */
  atOnce: 2,
} as const;
