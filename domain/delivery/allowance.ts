import { earlier, later } from '../calendar.ts';

/** One use of something that is limited: what it was, and when (ISO 8601, the customer's time). */
export interface Use {
  id: string;
  at: string;
}

/** How often something that is limited was used. */
export interface Allowance {
  total: number;
  /** The latest uses, as far back as a window may reach. */
  recent: readonly Use[];
}

/** At most `limit` uses, in all or in any stretch of time that is `per` (ISO 8601) long. */
export interface Limit {
  limit: number;
  per: string | null;
}

export const UNUSED: Allowance = { total: 0, recent: [] };

/** No window reaches further back. */
const LONGEST = 'P400D';

/**
 * Uses it once more, or null where that would be too often. A use that is known already is moved to its new time, and never
 * refused for itself. Uses that are planned for later count as well.
 */
export const use = (allowance: Allowance, { limit, per }: Limit, { id, at }: Use): Allowance | null => {
  const others = allowance.recent.filter((each) => each.id !== id);
  const known = others.length < allowance.recent.length;
  if (per === null) {
    if (known) return allowance;
    if (allowance.total >= limit) return null;
  } else {
    const [after, before] = [Date.parse(earlier(at, per, 'UTC')), Date.parse(later(at, per, 'UTC'))];
    const near = others.filter((each) => Date.parse(each.at) > after && Date.parse(each.at) < before);
    if (near.length >= limit) return null;
  }
  const oldest = Date.parse(earlier(at, LONGEST, 'UTC'));
  return {
    total: allowance.total + (known ? 0 : 1),
    // Where nothing but the total counts, what was used need not be kept.
    recent: per === null ? [] : [...others.filter((each) => Date.parse(each.at) > oldest), { id, at }],
  };
};

/** Takes a use back that did not come to be. */
export const giveBack = (allowance: Allowance, id: string): Allowance => {
  const recent = allowance.recent.filter((each) => each.id !== id);
  return recent.length === allowance.recent.length ? allowance : { total: allowance.total - 1, recent };
};
