import type { LeasedDelivery } from '../../db/delivery/leases.ts';
import type { Destination } from '../../db/delivery/destinations.ts';

/** What became of a delivery that went on the wire. `status` is that of HTTP. */
export type SendOutcome = (
  | { outcome: 'accepted'; answer: string }
  /** The other side said no for good. */
  | { outcome: 'failed'; answer: string; reason: string }
  /**
   * It did not arrive, or was not taken, and may be later, but not before `waitMs`. `unreachable`: the destination's fault, not this
   * delivery's.
   */
  | { outcome: 'retry'; answer: string; unreachable?: boolean; waitMs?: number }
  /** It may have arrived. */
  | { outcome: 'unknown'; answer: string }
) & { status?: number };

/** A delivery that is ready to go, or one that must not or cannot go, or not yet. */
export type Prepared =
  | { delivery: LeasedDelivery; messageId: string | null; send: () => Promise<SendOutcome> }
  | { delivery: LeasedDelivery; outcome: 'failed' | 'skipped'; reason: string; answer: string | null }
  /** Not before then: real time. It counts as no attempt. */
  | { delivery: LeasedDelivery; outcome: 'postponed'; dueAt: Date };

/** How one kind of destination is delivered to. The drain knows leases, rates, retries and records, and a transport the trade. */
export interface Transport {
  /** How many deliveries to this destination go on the wire at once. */
  concurrency: (destination: Destination) => number;
  /** Waits between attempts, in seconds. */
  retrySchedule: (destination: Destination) => readonly number[];
  /** Whether a customer's deliveries go one after the other. */
  ordered: (destination: Destination) => boolean;
  prepare: (destination: Destination, deliveries: LeasedDelivery[]) => Promise<Prepared[]>;
}

export type Transports = Partial<Record<Destination['kind'], Transport>>;
