import type { Tx } from '../../db/client.ts';
import { lockCards, type CardRow } from '../../db/loyalty/cards.ts';
import { dateFirstBuckets } from '../../db/loyalty/points-buckets.ts';
import type { Project } from '../../db/project/projects.ts';
import { codeKey } from '../../domain/voucher/code-pattern.ts';
import { DomainError } from '../../domain/errors.ts';
import { pointsExpireAfter, pointsExpireAt, type PointsExpiration } from '../../domain/loyalty/points-expiration.ts';
import type { VoucherTemplate } from '../../domain/voucher/template.ts';
import { activateDue, type ActivatingCard } from './pending-activation.ts';
import { changePoints, expireDue, writePoints, type LockedCard, type PointsCause } from './points.ts';
import { pointsBalanceView } from './points-events.ts';

/** A loyalty card that is locked, with its program's rules. */
export interface ProgramCard extends ActivatingCard {
  codeKey: string;
  active: boolean;
  campaignType: string | null;
}

const programCard = (row: CardRow, now: Date): ProgramCard => ({
  id: row.id,
  code: row.code,
  codeKey: row.codeKey,
  active: row.active,
  campaignType: row.campaignType,
  campaign: row.campaignId === null ? null : { id: row.campaignId, name: row.campaign ?? row.campaignId },
  holderId: row.holderId,
  at: new Date(now.getTime() + row.clockOffsetMs).toISOString(),
  card: row.loyaltyCard,
  expirationRules: row.template.loyalty_card?.expiration_rules ?? null,
});

/**
 * Locks loyalty cards, in the order of their codes, puts what has waited long enough on them, and takes what has expired off. Those that are no
 * loyalty cards are missing.
 * @param of their codes, or their ids
 */
export const lockLoyaltyCards = async (
  tx: Tx,
  project: Pick<Project, 'id' | 'caseSensitiveCodes' | 'timezone'>,
  of: { codes: readonly string[] } | { ids: readonly string[] },
  now: Date,
): Promise<ProgramCard[]> => {
  const rows = await lockCards(tx, project, of);
  const cards = rows.map((row) => programCard(row, now));
  const waiting = new Set(rows.flatMap(({ id, hasPending }) => (hasPending ? [id] : [])));
  await activateDue(
    tx,
    project,
    cards.filter(({ id }) => waiting.has(id)),
    now,
  );
  await expireDue(tx, project.id, cards, now);
  return cards;
};

/** When points that come to a card now expire. @param rules instead of the program's */
export const expiryOf = (
  { expirationRules, at }: ProgramCard,
  zone: string,
  rules: PointsExpiration | null = expirationRules,
): Date | null => (rules === null ? null : new Date(pointsExpireAt(rules, at, zone)));

/** Says when the points expire that cards of these templates were made with, now that they are given to somebody. */
export const datePoints = async (
  tx: Tx,
  { id: projectId, timezone }: Pick<Project, 'id' | 'timezone'>,
  cards: readonly { id: string; template: VoucherTemplate; publishedAt: Date | null }[],
): Promise<void> => {
  const dated = cards.flatMap(({ id: voucherId, template, publishedAt }) => {
    const rules = template.loyalty_card?.expiration_rules;
    return rules && publishedAt ? [{ voucherId, expiresAt: new Date(pointsExpireAt(rules, publishedAt.toISOString(), timezone)) }] : [];
  });
  if (dated.length > 0) await dateFirstBuckets(tx, projectId, dated);
};

const unknownCard = (code: string): DomainError =>
  new DomainError('not_found', 'Resource not found', {
    details: `Cannot find loyalty card with code ${code}`,
    resource: { id: code, type: 'voucher' },
  });

/** @throws DomainError not_found, where it is no card, or none of the program */
export const requireCard = (
  cards: readonly ProgramCard[],
  { caseSensitiveCodes }: Pick<Project, 'caseSensitiveCodes'>,
  { code, campaignId }: { code: string; campaignId: string | null },
): ProgramCard => {
  const card = cards.find((each) => each.codeKey === codeKey(code, caseSensitiveCodes));
  if (!card || (campaignId !== null && card.campaign?.id !== campaignId)) throw unknownCard(code);
  return card;
};

/** Why so many points do not go, or come. */
export const pointsExceeded = ({ code, card }: LockedCard, { points }: Pick<PointsCause, 'points'>): DomainError =>
  new DomainError('loyalty_card_points_exceeded', 'Loyalty card points exceeded', {
    details: `Loyalty card ${code} has ${card.balance} points; ${points} are asked`,
    resource: { id: code, type: 'voucher' },
  });

/** Points that come to a card, or go, by hand. */
export interface PointsAdjustment {
  /** Negative where they go. */
  points: number;
  /** When those that come expire: YYYY-MM-DD is their last day. */
  expires: 'PROGRAM_RULES' | 'NON_EXPIRING' | { after: string };
  sourceId: string | null;
  reason: string | null;
}

const expiryAsked = (card: ProgramCard, { expires }: PointsAdjustment, zone: string): Date | null => {
  if (expires === 'NON_EXPIRING') return null;
  return expires === 'PROGRAM_RULES' ? expiryOf(card, zone) : new Date(pointsExpireAfter(expires.after, zone));
};

/**
 * Adds points to a card that is locked, or takes them away.
 * @throws DomainError loyalty_card_points_exceeded
 */
export const adjustPoints = async (
  tx: Tx,
  project: Pick<Project, 'id' | 'timezone'>,
  card: ProgramCard,
  adjustment: PointsAdjustment,
  now: Date,
) => {
  const { points: asked, sourceId, reason } = adjustment;
  const cause: PointsCause = {
    type: asked > 0 ? 'POINTS_ADDITION' : 'POINTS_REMOVAL',
    points: Math.abs(asked),
    expiresAt: expiryAsked(card, adjustment, project.timezone),
    sourceId,
    reason,
  };
  const change = changePoints(card, cause, now);
  if (change === null) throw pointsExceeded(card, cause);
  await writePoints(tx, project.id, [card], [change], now);
  return pointsBalanceView(change.transaction);
};

/** Points that go from a card to another. */
export interface PointsTransfer {
  from: ProgramCard;
  points: number;
  sourceId: string | null;
  reason: string | null;
}

/** What a transaction's details tell of another card. */
const otherCardView = ({ id, code, campaign, holderId, card }: LockedCard) => ({
  id,
  code,
  loyalty_card: { points: card.points, balance: card.balance },
  type: 'LOYALTY_CARD',
  campaign: campaign?.name ?? null,
  campaign_id: campaign?.id ?? null,
  holder_id: holderId,
  object: 'voucher',
});

/**
 * Moves points to a card, all cards locked. They expire as points that come to it now do.
 * @throws DomainError loyalty_card_points_exceeded
 */
export const transferPoints = async (
  tx: Tx,
  project: Project,
  to: ProgramCard,
  transfers: readonly PointsTransfer[],
  now: Date,
): Promise<void> => {
  const changes = transfers.flatMap(({ from, points, sourceId, reason }) => {
    const named = { points, sourceId, reason };
    const out = changePoints(from, { ...named, type: 'POINTS_TRANSFER_OUT', details: { destination_voucher: otherCardView(to) } }, now);
    if (out === null) throw pointsExceeded(from, named);
    const details = { source_voucher: otherCardView(from) };
    const relatedId = out.transaction.id;
    const expiresAt = expiryOf(to, project.timezone);
    const into = changePoints(to, { ...named, type: 'POINTS_TRANSFER_IN', details, relatedId, expiresAt }, now);
    if (into === null) throw pointsExceeded(to, named);
    return [out, into];
  });
  await writePoints(tx, project.id, [to, ...transfers.map(({ from }) => from)], changes, now);
};
