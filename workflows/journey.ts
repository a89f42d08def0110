import {
  ActivityFailure,
  ApplicationFailure,
  condition,
  continueAsNew,
  defineSignal,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Group } from '../activities/journey/step.ts';
import { Alarm } from './alarm.ts';
import { WAKE_SIGNAL, type JourneyInput } from './contracts.ts';
import { Groups } from './groups.ts';
import { cohort, stepActivity } from './proxies.ts';

const LOADING = 'load';
/** How long a step rests that could not be done because Postgres was away, or that found nobody whom it was told to find. */
const REST = { unavailable: 60_000, nobody: 1_000 };

/**
 * Walks a cohort through its journey: sleeps until the earliest deadline or a wake-up, runs the activity of a step for all who are due
 * there, and files where they went. What a step does, and who goes where, the activity decides and writes; this knows steps, deadlines
 * and wake-ups. It ends when nobody is left and nothing calls.
 */
export async function journey(input: JourneyInput): Promise<void> {
  const { cohortId } = input;
  const groups = new Groups();
  const running = new Map<string, { overlapped: boolean }>();
  let fresh = workflowInfo().continuedFromExecutionRunId === undefined;
  let title = '';
  let clockOffsetMs = 0;
  // The first look is a wake-up like any other.
  let woken = true;
  let changed = false;
  let broken: { error: unknown } | null = null;
  setHandler(defineSignal(WAKE_SIGNAL), () => {
    woken = true;
  });
  const alarm = new Alarm(() => {
    changed = true;
  });

  const file = async (name: string, task: { overlapped: boolean }, work: () => Promise<Group[] | null>): Promise<void> => {
    try {
      const told = await work();
      if (told !== null && task.overlapped) groups.merge(told);
      else if (told !== null) groups.replace(told);
    } catch (error) {
      broken = { error };
    }
    running.delete(name);
    for (const other of running.values()) other.overlapped = true;
    changed = true;
  };

  /** Runs beside what runs already, and files what it tells. */
  const start = (name: string, work: () => Promise<Group[] | null>): void => {
    const task = { overlapped: running.size > 0 };
    for (const other of running.values()) other.overlapped = true;
    running.set(name, task);
    void file(name, task, work);
  };

  const load = async (): Promise<Group[]> => {
    const view = await cohort.loadCohort.executeWithOptions({ summary: 'look where everyone stands' }, [{ cohortId, fresh }]);
    fresh = false;
    title = view.title;
    clockOffsetMs = view.clockOffsetMs;
    return view.groups;
  };

  const now = (): string => new Date(Date.now() + clockOffsetMs).toISOString();
  const later = (ms: number): string => new Date(Date.now() + clockOffsetMs + ms).toISOString();

  const run = async (group: Group): Promise<Group[] | null> => {
    const step = { cohortId, step: group.step, now: now() };
    try {
      const result = await stepActivity(group.activity).executeWithOptions({ summary: caption(group) }, [step]);
      return result.taken > 0
        ? result.groups
        : result.groups.map((each) => (each.step === group.step ? rested(each, later(REST.nobody)) : each));
    } catch (error) {
      const cause = causeToHold(error);
      if (cause === null) {
        groups.merge([{ ...group, dueAt: later(REST.unavailable) }]);
      } else {
        await cohort.holdMembers.executeWithOptions({ summary: `hold: ${caption(group)}` }, [{ ...step, cause }]);
        woken = true;
      }
      return null;
    }
  };

  for (;;) {
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    const full = continueAsNewSuggested || historyLength > (input.historyLimit ?? Infinity);
    if (!full) {
      if (woken && !running.has(LOADING)) {
        woken = false;
        start(LOADING, load);
      }
      for (const group of groups.all()) {
        if (group.dueAt === null || running.has(group.step) || Date.parse(group.dueAt) > Date.parse(now())) continue;
        groups.remove(group.step);
        start(group.step, () => run(group));
      }
    }
    if (running.size === 0) {
      // A wake-up that has not been heeded is heeded by the next run, which begins with a look.
      if (full) await continueAsNew<typeof journey>(input);
      if (groups.size === 0 && !woken) return;
    }
    setCurrentDetails(details(title, groups.all()));
    const next = full ? undefined : earliest(groups.all().filter((group) => !running.has(group.step)));
    alarm.set(next?.dueAt == null ? null : Date.parse(next.dueAt) - clockOffsetMs, next ? caption(next) : '');
    await condition(() => changed || (woken && !full && !running.has(LOADING)));
    changed = false;
    if (broken !== null) throw (broken as { error: unknown }).error;
  }
}

const caption = ({ summary, members }: Group): string => `${summary}: ${members} ${members === 1 ? 'customer' : 'customers'}`;

const details = (title: string, groups: Group[]): string =>
  [title, ...groups.map((group) => `- ${caption(group)}, ${group.dueAt === null ? 'on hold' : `due ${group.dueAt}`}`)].join('\n');

/** Keeps a step that found nobody from being run again at once. */
const rested = (group: Group, until: string): Group =>
  group.dueAt !== null && Date.parse(group.dueAt) < Date.parse(until) ? { ...group, dueAt: until } : group;

const earliest = (groups: Group[]): Group | undefined => {
  const due = groups.filter((group) => group.dueAt !== null);
  return due.toSorted((a, b) => Date.parse(a.dueAt ?? '') - Date.parse(b.dueAt ?? ''))[0];
};

/** Why the members of a step that failed are to be held; null where it could not be tried, so that it is tried again. */
const causeToHold = (error: unknown): string | null => {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) {
    // A worker that died, and a cancellation, which ends the workflow from elsewhere.
    if (error instanceof ActivityFailure && error.cause?.name === 'TimeoutFailure') return null;
    throw error;
  }
  return error.cause.type === 'Unavailable' ? null : error.cause.message;
};
