/**
 * How much a turn takes at once. A set that fails is tried again by halves, down to the one row that makes it fail, which then
 * stands alone; what succeeds doubles again.
 */
export interface BatchSize {
  readonly current: number;
  succeeded: () => void;
  failed: () => void;
}

export const createBatchSize = (most: number): BatchSize => {
  let current = most;
  return {
    get current() {
      return current;
    },
    succeeded: () => {
      current = Math.min(current * 2, most);
    },
    failed: () => {
      current = Math.max(Math.floor(current / 2), 1);
    },
  };
};
