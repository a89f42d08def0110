import type { Sql } from '../../db/client.ts';
import type { Customer } from '../../db/customer/customers.ts';
import type { JourneyVersion, JourneyVersions } from '../../db/journey/versions.ts';
import type { Copy } from '../../db/simulation/copy.ts';
import type { ScriptedAnswer } from './input.ts';
import type { TimelineEvent } from './timeline.ts';

/** A simulation while it runs: a copy of the project in a transaction that is rolled back, and a clock that only this turns. */
export interface World extends Copy {
  /** The transaction, as the pool. */
  sql: Sql;
  versions: JourneyVersions;
  journey: JourneyVersion;
  customers: Customer[];
  /** Virtual time. */
  clock: { now: Date };
  /** What endpoints answer, by the name of `save_as`, and the webhooks that were posted and wait for it. */
  answers: Record<string, ScriptedAnswer>;
  posted: Set<string>;
  /** The last event that was routed. */
  routed: string;
  /** What happened, as far as somebody is to read it. */
  happened: TimelineEvent[];
  /** Whether single events and mails are to be kept, which only one customer's are. */
  verbose: boolean;
  /** Why the first customer was not let in. */
  refusal: string | null;
}

export interface Ran {
  /** Runs of a step for a set of customers. */
  steps: number;
  /** Why it ended before everybody came to an end; null where they did. */
  stopped: string | null;
}
