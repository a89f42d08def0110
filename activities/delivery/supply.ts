/** What is ready to be sent, fetched ahead of need. */
export interface Supply<T> {
  /** The next one, or null when there is no more. */
  take: () => Promise<T | null>;
  /** Whether all that `fetch` brought was taken, and there is no more. */
  exhausted: () => boolean;
}

/**
 * Hands out what `fetch` brings, and fetches again while there is some left, so that senders do not wait for it.
 * @param fetch brings more; null: there is no more
 * @param isOpen whether to go on at all; what was not taken then is the caller's to give back
 */
export const createSupply = <T>(fetch: () => Promise<T[] | null>, lowWater: number, isOpen: () => boolean): Supply<T> => {
  const ready: T[] = [];
  let fetching: Promise<void> | null = null;
  let dry = false;

  const fetchMore = async (): Promise<void> => {
    try {
      const more = await fetch();
      if (more === null) dry = true;
      else ready.push(...more);
    } finally {
      fetching = null;
    }
  };
  const refill = async (): Promise<void> => {
    fetching ??= fetchMore();
    await fetching;
  };

  return {
    take: async () => {
      for (;;) {
        if (!isOpen()) return null;
        const item = ready.shift();
        if (item !== undefined) {
          // Whoever finds nothing left waits for it, and meets its error.
          if (!dry && ready.length < lowWater) refill().catch(() => {});
          return item;
        }
        if (dry) return null;
        await refill();
      }
    },
    exhausted: () => dry && ready.length === 0,
  };
};
