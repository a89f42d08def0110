import type { Db } from './client.ts';

/** One page of a list. */
export interface Page<T> {
  rows: T[];
  total: number;
  hasMore: boolean;
}

/** Where a page begins: after an id, which stays fast at any depth, or at a page number. */
export interface PageRequest {
  limit: number;
  page: number;
  /** Newest first. */
  descending: boolean;
  startingAfter?: string;
}

/** `asc` or `desc`, as a fragment. */
export const direction = (db: Db, descending: boolean) => (descending ? db`desc` : db`asc`);

/** Cuts the row too many that says whether there are more. */
export const toPage = <T>(rows: T[], limit: number, total: number): Page<T> => ({
  rows: rows.slice(0, limit),
  total,
  hasMore: rows.length > limit,
});
