import type { Sql, Tx } from '../client.ts';

/** How a destination stands since its last success. */
interface Failing {
  failingSince: Date;
  failures: number;
}

/** From so many failures on, a destination that gives no sign of life is asked less often the longer it lasts. */
const MANY_FAILURES = 10;
const SHORTEST_HOLD = '5 seconds';
const LONGEST_HOLD = '10 minutes';

/**
 * Notes a failure. Where there were many and no success, nothing goes there for half as long as it has failed already, so that a dead
 * host costs little.
 * @param heldUntil the other side asked for so much time
 */
export const noteFailure = async (sql: Sql, destinationId: string, now: Date, heldUntil: Date | null): Promise<Failing> => {
  const [row] = await sql<Failing[]>`
    insert into destination_health as h (destination_id, failing_since, failures, held_until)
    values (${destinationId}, ${now}, 1, ${heldUntil})
    on conflict (destination_id) do update set
      failing_since = coalesce(h.failing_since, excluded.failing_since),
      failures = h.failures + 1,
      held_until = greatest(h.held_until, excluded.held_until, case when h.failures + 1 >= ${MANY_FAILURES} then
        ${now}::timestamptz + least(greatest((${now}::timestamptz - h.failing_since) / 2, ${SHORTEST_HOLD}::interval), ${LONGEST_HOLD}::interval) end)
    returning failing_since, failures`;
  return row as Failing;
};

/** Notes that the destination takes deliveries. What it asked for itself, it still gets. */
export const noteSuccess = async (sql: Sql, destinationId: string): Promise<void> => {
  await sql`
    update destination_health set failing_since = null, failures = 0
    where destination_id = ${destinationId} and failing_since is not null`;
};

/** Forgets what was: for a destination that somebody switches on again. */
export const forgetHealth = async (tx: Tx, destinationId: string): Promise<void> => {
  await tx`delete from destination_health where destination_id = ${destinationId}`;
};

/** Switches a destination off by ourselves. @returns false where it was not on */
export const disableDestination = async (tx: Tx, destinationId: string, reason: string): Promise<boolean> => {
  const disabled = await tx`
    update destination set state = 'disabled', updated_at = now() where id = ${destinationId} and state = 'active'`;
  if (disabled.count === 0) return false;
  await tx`
    insert into destination_health (destination_id, disabled_reason) values (${destinationId}, ${reason})
    on conflict (destination_id) do update set disabled_reason = excluded.disabled_reason`;
  return true;
};
