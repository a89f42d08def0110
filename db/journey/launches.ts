import type { LaunchTime } from '../../domain/journey/launch-time.ts';
import type { Audience } from '../../domain/journey/trigger.ts';
import type { Db, Tx } from '../client.ts';
import type { Fragment } from '../filter/condition.ts';
import type { JourneyState } from './journeys.ts';

export type LaunchState = 'running' | 'paused' | 'done' | 'cancelled';

/** An audience that enters a journey. */
export interface Launch {
  projectId: string;
  id: string;
  journeyId: string;
  /** The version that its members enter. */
  version: number;
  audience: Audience;
  /** What expressions see as `event.data`. */
  data: Record<string, unknown>;
  state: LaunchState;
  startsPerSecond: number | null;
  sendsPerSecond: number | null;
  localTime: LaunchTime | null;
  /** How many its audience were when it was launched. */
  total: number;
  nextStartAt: Date;
  createdAt: Date;
  finishedAt: Date | null;
}

export type NewLaunch = Omit<Launch, 'state' | 'total' | 'finishedAt'> & { scheduleRun: string | null };

const columns = (db: Db) => db`
  l.project_id, l.id, l.journey_id, l.version, l.audience, l.data, l.state, l.starts_per_second, l.sends_per_second, l.local_time, l.total,
  l.next_start_at, l.created_at, l.finished_at`;

/**
 * Writes a launch and its members as they are now, those of one time zone after the other. The relay tells Temporal once it is committed.
 * @param condition of customers `c`
 * @returns null where this run of a schedule made one already
 */
export const insertLaunch = async (tx: Tx, launch: NewLaunch, condition: Fragment): Promise<Launch | null> => {
  const written = await tx`
    insert into launch (project_id, id, journey_id, version, audience, data, starts_per_second, sends_per_second, local_time, next_start_at,
      schedule_run, created_at)
    values (${launch.projectId}, ${launch.id}, ${launch.journeyId}, ${launch.version}, ${tx.json(launch.audience as never)},
      ${tx.json(launch.data as never)}, ${launch.startsPerSecond}, ${launch.sendsPerSecond},
      ${launch.localTime === null ? null : tx.json(launch.localTime as never)}, ${launch.nextStartAt}, ${launch.scheduleRun}, ${launch.createdAt})
    on conflict (schedule_run) do nothing`;
  if (written.count === 0) return null;
  const members = await tx`
    insert into launch_member (launch_id, place, customer_id)
    select ${launch.id}, row_number() over (order by coalesce(c.timezone, ''), c.id), c.id from customer c
    where c.project_id = ${launch.projectId} and ${condition}`;
  const [row] = await tx<Launch[]>`
    update launch l set total = ${members.count} where l.id = ${launch.id} returning ${columns(tx)}`;
  return row ?? null;
};

export const findLaunch = async (db: Db, projectId: string, journeyId: string, id: string): Promise<Launch | null> => {
  const [row] = await db<Launch[]>`
    select ${columns(db)} from launch l where l.project_id = ${projectId} and l.journey_id = ${journeyId} and l.id = ${id}`;
  return row ?? null;
};

export const listLaunches = (db: Db, projectId: string, journeyId: string, page: { limit: number; offset: number }): Promise<Launch[]> =>
  db<Launch[]>`
    select ${columns(db)} from launch l where l.project_id = ${projectId} and l.journey_id = ${journeyId}
    order by l.id desc limit ${page.limit} offset ${page.offset}`;

export const countLaunches = async (db: Db, projectId: string, journeyId: string): Promise<number> => {
  const [row] = await db<{ total: number }[]>`
    select count(*)::int as total from launch where project_id = ${projectId} and journey_id = ${journeyId}`;
  return row?.total ?? 0;
};

/** How many members are where, with the reasons of those who were passed over. */
export const countMembers = (db: Db, launchId: string): Promise<{ state: string; reason: string | null; count: number }[]> =>
  db`select state, reason, count(*)::int as count from launch_member where launch_id = ${launchId} group by state, reason order by 1, 2`;

/** Locks a launch, so that one batch enters at a time. */
export const lockLaunch = async (tx: Tx, id: string): Promise<(Launch & { journeyState: JourneyState }) | null> => {
  const [row] = await tx<(Launch & { journeyState: JourneyState })[]>`
    select ${columns(tx)}, j.state as journey_state from launch l
    join journey j on j.project_id = l.project_id and j.id = l.journey_id where l.id = ${id} for no key update of l`;
  return row ?? null;
};

export interface LaunchMember {
  place: number;
  customerId: string;
}

/** The next who are to enter. The launch is locked. */
export const nextMembers = (tx: Tx, launchId: string, limit: number): Promise<LaunchMember[]> =>
  tx<LaunchMember[]>`
    select place, customer_id from launch_member where launch_id = ${launchId} and state = 'waiting' order by place limit ${limit}`;

export interface MemberResult {
  place: number;
  state: 'enrolled' | 'holdout' | 'skipped';
  reason: string | null;
}

/** Writes what became of members, and when the next may enter; null where there are no more. */
export const writeStarts = async (
  tx: Tx,
  launchId: string,
  results: MemberResult[],
  next: { nextStartAt: Date } | { finishedAt: Date },
): Promise<void> => {
  await tx`
    update launch_member m set state = i.state, reason = i.reason
    from jsonb_to_recordset(${tx.json(results as never)}) as i (place integer, state text, reason text)
    where m.launch_id = ${launchId} and m.place = i.place`;
  if ('nextStartAt' in next) await tx`update launch set next_start_at = ${next.nextStartAt} where id = ${launchId}`;
  else await tx`update launch set state = 'done', finished_at = ${next.finishedAt} where id = ${launchId}`;
};

/** @returns null where the launch is in none of the states that it may leave */
export const changeLaunch = async (
  tx: Tx,
  launch: Pick<Launch, 'id'>,
  to: LaunchState,
  from: LaunchState[],
  now: Date,
): Promise<Launch | null> => {
  const [row] = await tx<Launch[]>`
    update launch l set state = ${to}, wakes_asked = wakes_asked + 1, finished_at = ${to === 'cancelled' ? now : null}
    where l.id = ${launch.id} and l.state = any(${from}::text[]) returning ${columns(tx)}`;
  return row ?? null;
};

/** Asks to wake the launches of a journey that are running: whether they may go on has changed. */
export const wakeLaunches = async (tx: Tx, projectId: string, journeyId: string): Promise<void> => {
  await tx`
    update launch set wakes_asked = wakes_asked + 1 where project_id = ${projectId} and journey_id = ${journeyId} and state = 'running'`;
};

/** Asks to wake launches that stand still though their members may enter: their worker, or Temporal's word of it, was lost. */
export const wakeStalledLaunches = async (db: Db, limit: number): Promise<number> => {
  const woken = await db`
    with stalled as (
      select l.id from launch l join journey j on j.project_id = l.project_id and j.id = l.journey_id
      where l.state = 'running' and j.state = 'live' and l.wakes_asked = l.wakes_told and l.next_start_at < now() - interval '1 minute'
      order by l.id limit ${limit} for no key update of l skip locked
    )
    update launch l set wakes_asked = l.wakes_asked + 1 from stalled where l.id = stalled.id`;
  return woken.count;
};
