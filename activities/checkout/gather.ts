/** Takes items that belong to groups, and answers each from a set that ran for its group. */
export interface Gatherer<I, O> {
  add: (group: string, item: I) => Promise<O>;
}

export interface GatherOptions<I, O> {
  /** How many sets may run at once. Fewer means larger sets. */
  inFlight: number;
  /** The most items of a set. */
  size: number;
  /** Answers the items of a set, in their order. What it throws, all of them get. */
  run: (group: string, items: I[]) => Promise<O[]>;
}

interface Waiting<I, O> {
  item: I;
  resolve: (answer: O) => void;
  reject: (error: unknown) => void;
}

/** Gathers what waits together into sets of one group, so that one statement serves many callers. A lone item does not wait for others. */
export const createGatherer = <I, O>({ inFlight, size, run }: GatherOptions<I, O>): Gatherer<I, O> => {
  const groups = new Map<string, Waiting<I, O>[]>();
  let running = 0;
  let planned = false;

  const pump = (): void => {
    planned = false;
    for (const [group, waiting] of groups) {
      if (running >= inFlight) return;
      groups.delete(group);
      if (waiting.length > size) groups.set(group, waiting.splice(size));
      running++;
      void settle(group, waiting);
    }
  };

  const settle = async (group: string, waiting: Waiting<I, O>[]): Promise<void> => {
    try {
      const answers = await run(
        group,
        waiting.map((each) => each.item),
      );
      waiting.forEach((each, index) => each.resolve(answers[index]!));
    } catch (error) {
      waiting.forEach((each) => each.reject(error));
    }
    running--;
    pump();
  };

  return {
    add: (group, item) =>
      new Promise((resolve, reject) => {
        const waiting = groups.get(group);
        if (waiting) waiting.push({ item, resolve, reject });
        else groups.set(group, [{ item, resolve, reject }]);
        // Not at once: what else this turn of the event loop brings comes along.
        if (!planned && running < inFlight) {
          planned = true;
          setImmediate(pump);
        }
      }),
  };
};
