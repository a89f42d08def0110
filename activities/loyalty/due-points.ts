import type { Sql } from '../../db/client.ts';
import { findDueCards } from '../../db/loyalty/points-buckets.ts';
import { findProject } from '../../db/project/projects.ts';
import { lockLoyaltyCards } from './card.ts';

const CARDS = 500;
/** How many sets of cards one round takes; the next round goes on. */
const MOST_SETS = 20;

/**
 * Puts points that have waited long enough on loyalty cards, and takes those off that expire, by their holders' clocks, and tells of it: a set of
 * cards of one project in a transaction. Repeatable at any moment, by several at once: what one has taken the other finds gone, the cards locked.
 * @returns how many cards had some
 */
export const settleDuePoints = async (sql: Sql, now: Date): Promise<number> => {
  let cards = 0;
  for (let set = 0; set < MOST_SETS; set += 1) {
    const due = await findDueCards(sql, now, CARDS);
    const [first] = due;
    if (!first) return cards;
    const ids = due.filter(({ projectId }) => projectId === first.projectId).map(({ voucherId }) => voucherId);
    const project = (await findProject(sql, first.projectId))!;
    cards += (await sql.begin((tx) => lockLoyaltyCards(tx, project, { ids }, now))).length;
  }
  return cards;
};
