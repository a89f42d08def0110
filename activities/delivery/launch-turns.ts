import type { Sql } from '../../db/client.ts';
import type { LeasedDelivery } from '../../db/delivery/leases.ts';
import { takeSendTimes } from '../../db/journey/launch-pace.ts';

/** How far behind its time a message may be and still go at once: so much of a launch may come together after a stall. */
const LATE_MS = 1_000;

/**
 * The messages of a launch with a cap are due one after the other when they are planned. Where they were not sent then, since the
 * destination stood still or could not be reached, they would all go at once; so each takes a new turn, behind those that are planned.
 */
export const createLaunchTurns = (sql: Sql, now: () => Date) => ({
  /** When those that are late may go, by their ids; who is on time, or in no such launch, is not among them. */
  ofLate: async (leased: LeasedDelivery[]): Promise<Map<string, Date>> => {
    const at = now();
    const late = leased.filter(({ launchId, dueAt }) => launchId !== null && at.getTime() - dueAt.getTime() > LATE_MS);
    if (late.length === 0) return new Map();
    const times = await takeSendTimes(
      sql,
      late.map(({ launchId }) => launchId),
      at,
    );
    return new Map(late.flatMap(({ id }, index) => ((times[index] as Date) > at ? [[id, times[index] as Date]] : [])));
  },
  /** When one that is to be tried again may go: not before `dueAt`. */
  ofRetry: async ({ launchId }: LeasedDelivery, dueAt: Date): Promise<Date> =>
    launchId === null ? dueAt : ((await takeSendTimes(sql, [launchId], dueAt))[0] ?? dueAt),
});
