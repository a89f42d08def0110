/** How long a unit lasts, in milliseconds. */
const UNITS = {
  DAYS: 86_400_000,
  HOURS: 3_600_000,
  MINUTES: 60_000,
  SECONDS: 1_000,
  MILLISECONDS: 1,
  MICROSECONDS: 1e-3,
  NANOSECONDS: 1e-6,
} as const;

export type SessionUnit = keyof typeof UNITS;
export const SESSION_UNITS = Object.keys(UNITS) as [SessionUnit, ...SessionUnit[]];

/** What a shopper's session holds until it ends, as the API writes it. */
export interface Session {
  key: string;
  type: 'LOCK';
  ttl: number;
  ttl_unit: SessionUnit;
}

/** How long a session lasts where it does not say. */
export const DEFAULT_TTL = { ttl: 7, ttl_unit: 'DAYS' } as const satisfies Pick<Session, 'ttl' | 'ttl_unit'>;

/** Nothing is held for longer. */
export const MAX_TTL_MS = 366 * UNITS.DAYS;

/** In milliseconds, at least one. */
export const ttlOf = ({ ttl, ttl_unit: unit }: Pick<Session, 'ttl' | 'ttl_unit'>): number => Math.max(1, Math.ceil(ttl * UNITS[unit]));
