/**
 * What waits for a place in a set. Two sets in flight never share a resource (an idempotency key, a voucher's code): who asks for
 * one that is taken waits for it here, and holds up nobody who asks for another.
 */
export interface Queue<T> {
  add: (item: T) => void;
}

export interface QueueOptions<T> {
  /** How many sets may run at once, and how many beside them for resources that somebody outside this process holds. */
  inFlight: number;
  lanesInFlight: number;
  /** How many must wait for a set to start beside another of its group: what a set costs is shared by its items. */
  worthwhile: number;
  /** After how long a set is waited for no more: it may itself wait for somebody. */
  patienceMs: number;
  /** The most items of a set. */
  size: number;
  groupOf: (item: T) => string;
  /** What the item needs for itself: the first it shares with nobody, the others with its own set only. */
  resourcesOf: (item: T) => readonly [string, ...string[]];
  /**
   * Settles the items it can; `lane` is the resource that this set may wait for.
   * @returns those that found a resource held by somebody else, each with that resource
   */
  run: (group: string, items: T[], lane: string | null) => Promise<{ item: T; resource: string }[]>;
}

interface Group<T> {
  name: string;
  waiting: T[];
  /** Sets in flight that are worth waiting for; lanes are not. */
  awaited: number;
  /** Resources of the sets in flight, with who waits for them. */
  taken: Map<string, T[]>;
  /** Resources that somebody outside holds, with who asked: each has a set of its own, which waits for it. */
  lanes: Map<string, T[]>;
}

export const createQueue = <T>({
  inFlight,
  lanesInFlight,
  worthwhile,
  patienceMs,
  size,
  groupOf,
  resourcesOf,
  run,
}: QueueOptions<T>): Queue<T> => {
  const groups = new Map<string, Group<T>>();
  let running = 0;
  let lanesRunning = 0;
  let planned = false;

  const plan = (): void => {
    if (planned) return;
    planned = true;
    // Not at once: what else this turn of the event loop brings comes along.
    setImmediate(pump);
  };

  const pump = (): void => {
    planned = false;
    const turn = [...groups.values()];
    for (const group of turn) {
      for (const resource of group.lanes.keys()) {
        if (lanesRunning >= lanesInFlight) break;
        startLane(group, resource);
      }
      if (running < inFlight && group.waiting.length >= (group.awaited > 0 ? worthwhile : 1)) startSet(group);
      if (group.waiting.length === 0 && group.taken.size === 0) groups.delete(group.name);
      else {
        // Last comes first next time, so that a busy group does not keep the others waiting.
        groups.delete(group.name);
        groups.set(group.name, group);
      }
      if (running >= inFlight && lanesRunning >= lanesInFlight) return;
    }
  };

  /**
   * Takes the items whose resources are free or this set's own; the others go and wait for what they miss. A lane takes nothing but its
   * own resource while it waits for it, so that it holds up no other.
   */
  const choose = (group: Group<T>, items: T[], own: Set<string>, lane: string | null): T[] => {
    const chosen: T[] = [];
    for (const item of items) {
      const resources = lane === null ? resourcesOf(item) : resourcesOf(item).slice(0, 1);
      const missing = resources.find((resource, index) => group.taken.has(resource) && (index === 0 || !own.has(resource)));
      if (missing !== undefined) {
        group.taken.get(missing)!.push(item);
        continue;
      }
      for (const resource of resources) {
        if (!own.has(resource)) group.taken.set(resource, []);
        own.add(resource);
      }
      chosen.push(item);
    }
    return chosen;
  };

  const startSet = (group: Group<T>): void => {
    const own = new Set<string>();
    const items = choose(group, group.waiting.splice(0, size), own, null);
    if (items.length === 0) return group.waiting.length > 0 ? plan() : undefined;
    running++;
    group.awaited++;
    const settled = settle(group, items, own, null).finally(() => {
      running--;
      plan();
    });
    void patiently(settled, patienceMs).finally(() => {
      group.awaited--;
      plan();
    });
    if (group.waiting.length > 0) plan();
  };

  const startLane = (group: Group<T>, resource: string): void => {
    const items = group.lanes.get(resource)!;
    group.lanes.delete(resource);
    const waiting = group.taken.get(resource)!.splice(0);
    const own = new Set([resource]);
    const chosen = choose(group, [...items, ...waiting], own, resource);
    lanesRunning++;
    void settle(group, chosen, own, resource).finally(() => {
      lanesRunning--;
      plan();
    });
  };

  const settle = async (group: Group<T>, items: T[], own: Set<string>, lane: string | null): Promise<void> => {
    const held = items.length > 0 ? await run(group.name, items, lane) : [];
    for (const { item, resource } of held) {
      const others = group.lanes.get(resource);
      if (others) others.push(item);
      else if (own.has(resource) || !group.taken.has(resource)) {
        group.lanes.set(resource, [item]);
        if (!own.has(resource)) group.taken.set(resource, []);
      } else group.taken.get(resource)!.push(item);
    }
    for (const resource of own) {
      // A lane keeps its resource, and with it whoever comes to wait for it.
      if (group.lanes.has(resource)) continue;
      group.waiting = group.taken.get(resource)!.concat(group.waiting);
      group.taken.delete(resource);
    }
  };

  return {
    add: (item) => {
      const name = groupOf(item);
      const group = groups.get(name);
      if (group) group.waiting.push(item);
      else groups.set(name, { name, waiting: [item], awaited: 0, taken: new Map(), lanes: new Map() });
      if (running < inFlight) plan();
    },
  };
};

/** Resolves when it is done, or after so long. */
const patiently = (done: Promise<void>, ms: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void done.finally(() => {
      clearTimeout(timer);
      resolve();
    });
  });
