import type { Db } from '../client.ts';

/**
 * When messages may be sent: those of a launch with a cap one after the other, all others now. Locks the launches' pace, after
 * everything but destinations.
 * @param launchIds one for each message, null where no launch let the customer in
 * @param now real time
 */
export const takeSendTimes = async (db: Db, launchIds: (string | null)[], now: Date): Promise<Date[]> => {
  const counts = new Map<string, number>();
  for (const id of launchIds) if (id !== null) counts.set(id, (counts.get(id) ?? 0) + 1);
  if (counts.size === 0) return launchIds.map(() => now);
  const ids = [...counts.keys()].toSorted();
  const rows = await db<{ launchId: string; stepMs: number; endAt: Date }[]>`
    insert into launch_pace (launch_id, next_send_at)
    select l.id, ${now}::timestamptz + (i.count * 1000.0 / l.sends_per_second)::float8 * interval '1 ms'
    from unnest(${ids}::text[], ${ids.map((id) => counts.get(id) ?? 0)}::integer[]) as i (id, count) join launch l on l.id = i.id
    where l.sends_per_second is not null order by l.id
    on conflict (launch_id) do update set next_send_at = greatest(launch_pace.next_send_at, ${now}) + (excluded.next_send_at - ${now})
    returning launch_id, next_send_at as end_at, (select 1000.0 / sends_per_second from launch where id = launch_id)::float8 as step_ms`;
  const next = new Map(
    rows.map(({ launchId, stepMs, endAt }) => [launchId, { stepMs, at: endAt.getTime() - stepMs * (counts.get(launchId) ?? 0) }]),
  );
  return launchIds.map((id) => {
    const turn = id === null ? undefined : next.get(id);
    if (turn === undefined) return now;
    const at = new Date(turn.at);
    turn.at += turn.stepMs;
    return at;
  });
};
