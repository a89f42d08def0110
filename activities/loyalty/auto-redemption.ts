import { findAutoRedemptions, settleAutoRedemptions, type AutoRedemption, type LookedAt } from '../../db/loyalty/auto-redemptions.ts';
import type { Sql } from '../../db/client.ts';
import { newId } from '../../db/ids.ts';
import { findProject, type Project } from '../../db/project/projects.ts';
import { stackingRulesOf } from '../../db/promotion/stacking-rules.ts';
import { localDayIn } from '../../domain/calendar.ts';
import { mappedPoints } from '../../domain/loyalty/mapping.ts';
import type { CheckoutAnswer } from '../checkout/answer.ts';
import type { Checkout } from '../checkout/checkout.ts';
import type { RedeemRequest } from '../redemption/request.ts';

export interface AutoRedemptionDeps {
  sql: Sql;
  redeem: Checkout['redeem'];
  /** Real time. */
  now: () => Date;
  /** How many rewards a card gets by itself in a day at the most: more come of a program that is not meant so. */
  mostADay?: number;
}

const CARDS = 100;
/** How many sets of cards one round takes; the next round goes on. */
const MOST_SETS = 10;
const MOST_A_DAY = 250;

/**
 * Redeems for cards with enough points the reward that members of their programs get by themselves, by the checkout as anybody would, so that all
 * its rules hold, and as often as the points are enough for. What is asked for a card is done once: each reward has a key of its own, and is paid with
 * the points. A refusal waits for the next change of the card's points.
 * @returns how many rewards were given
 * @throws AggregateError, at the end, where something went wrong with some cards: they are looked at again in the next round
 */
export const redeemByThemselves = async (deps: AutoRedemptionDeps): Promise<number> => {
  const failures: unknown[] = [];
  let given = 0;
  let last: AutoRedemption | undefined;
  for (let set = 0; set < MOST_SETS; set += 1) {
    const asked = await findAutoRedemptions(deps.sql, CARDS, last);
    last = asked.at(-1);
    if (!last) break;
    const projects = new Map<string, Project>();
    for (const id of new Set(asked.map(({ projectId }) => projectId))) projects.set(id, (await findProject(deps.sql, id))!);
    const tried = await Promise.allSettled(asked.map((card) => redeemFor(deps, card, projects.get(card.projectId)!)));
    const looked = tried.flatMap((each): LookedAt[] => (each.status === 'fulfilled' && each.value ? [each.value] : []));
    await settleAutoRedemptions(deps.sql, looked);
    given += looked.reduce((sum, each) => sum + each.given, 0);
    failures.push(...tried.flatMap((each): unknown[] => (each.status === 'rejected' ? [each.reason] : [])));
  }
  // One card that cannot be looked at keeps no other from it.
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} loyalty cards could not be looked at`);
  return given;
};

/** What the reward costs the card's holder; null where the card gets none by itself. */
const priceOf = ({ assignmentId, holderId, points, mapping, tierFrom, tierUntil }: AutoRedemption, at: number): number | null => {
  if (assignmentId === null || holderId === null || points === null) return null;
  const onTier = (tierFrom?.getTime() ?? 0) <= at && (tierUntil === null || at < tierUntil.getTime());
  const price = mappedPoints(points, (onTier && mapping) || undefined);
  // What costs nothing would never end being given.
  return price > 0 ? price : null;
};

/** @returns null where the card is busy: it is to be looked at later */
const redeemFor = async (
  { redeem, now, mostADay = MOST_A_DAY }: AutoRedemptionDeps,
  card: AutoRedemption,
  project: Project,
): Promise<LookedAt | null> => {
  const time = now();
  const day = localDayIn(time.toISOString(), project.timezone);
  const price = priceOf(card, time.getTime() + card.clockOffsetMs) ?? Infinity;
  const before = card.day === day ? card.given : 0;
  let [balance, given, nr] = [card.balance, 0, 0];
  while (balance >= price && before + given < mostADay) {
    nr += 1;
    const answer = await redeem(requestFor(card, project, nr));
    if (isBusy(answer)) return null;
    const left = balanceAfter(answer);
    if (left === null) break;
    balance = left;
    if (!('refused' in answer) && !answer.replayed) given += 1;
  }
  const { projectId, voucherId, causeId } = card;
  return { projectId, voucherId, causeId, day, given };
};

const isBusy = (answer: CheckoutAnswer): boolean =>
  'refused' in answer && (answer.refused.key === 'multiple_requests' || answer.refused.key === 'service_unavailable');

/** What is left on the card once the reward was redeemed; null where it was not. */
const balanceAfter = (answer: CheckoutAnswer): number | null => {
  if ('refused' in answer || answer.status !== 200) return null;
  const { result, voucher } = JSON.parse(answer.body) as { result?: string; voucher?: { loyalty_card?: { balance?: number } } };
  return result === 'SUCCESS' ? (voucher?.loyalty_card?.balance ?? null) : null;
};

const requestFor = ({ causeId, voucherId, code, holderId, assignmentId }: AutoRedemption, project: Project, nr: number): RedeemRequest => ({
  project: { id: project.id, caseSensitiveCodes: project.caseSensitiveCodes, timezone: project.timezone, currency: project.currency },
  apiKeyId: null,
  apiKeyName: '',
  requestId: newId('request'),
  redeemables: [{ object: 'voucher', id: code, reward: { assignment_id: assignmentId! } }],
  stackingRules: stackingRulesOf(project.stackingRules),
  order: null,
  customer: { id: holderId! },
  session: null,
  trackingId: null,
  metadata: { auto_redeem: true },
  expand: [],
  audience: 'voucher',
  idempotencyKey: `auto-redeem ${causeId} ${voucherId} ${nr}`,
  requestHash: '',
});
