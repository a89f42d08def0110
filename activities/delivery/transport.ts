import type { LeasedDelivery } from '../../db/delivery-leases.ts';
import type { Destination } from '../../db/destinations.ts';

/** What became of a delivery that went on the wire. */
export type SendOutcome =
  | { outcome: 'accepted'; answer: string }
  /** The other side said no for good. */
  | { outcome: 'failed'; answer: string; reason: string }
  /** It surely did not arrive, and may later. `unreachable`: the destination's fault, not this delivery's. */
  | { outcome: 'retry'; answer: string; unreachable?: boolean }
  /** It may have arrived. */
  | { outcome: 'unknown'; answer: string };

/** A delivery that is ready to go, or one that must not or cannot go. */
export type Prepared =
  | { delivery: LeasedDelivery; messageId: string | null; send: () => Promise<SendOutcome> }
  | { delivery: LeasedDelivery; outcome: 'failed' | 'skipped'; reason: string; answer: string | null };

/** How one kind of destination is delivered to. The drain knows leases, rates, retries and records, and a transport the trade. */
export interface Transport {
  /** How many deliveries to this destination go on the wire at once. */
  concurrency: (destination: Destination) => number;
  /** Waits between attempts, in seconds. */
  retrySchedule: (destination: Destination) => readonly number[];
  prepare: (destination: Destination, deliveries: LeasedDelivery[]) => Promise<Prepared[]>;
}

export type Transports = Partial<Record<Destination['kind'], Transport>>;
