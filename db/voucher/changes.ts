import { DomainError } from '../../domain/errors.ts';
import { redeemedPoints, type LoyaltyCard } from '../../domain/loyalty/card.ts';
import type { Limits } from '../../domain/checkout/limits.ts';
import type { ValidityWindow } from '../../domain/voucher/validity-window.ts';
import { changedFields, windowView, withWindow } from '../../domain/voucher/template.ts';
import { assignedRulesView } from '../validation-rules/assigned-rules.ts';
import type { Tx } from '../client.ts';
import { forgetCounters } from '../checkout/counters.ts';
import { recordEvents } from '../event/events.ts';
import { findKnownCategory, knownCategoryView } from '../campaign/known-category.ts';
import { forgetAssignments } from '../validation-rules/rule-assignments.ts';
import type { Voucher } from './vouchers.ts';

/** The points of a loyalty card as the API shows them. */
const loyaltyCardView = (card: LoyaltyCard, { nextExpiration: next, pendingPoints }: Voucher) => ({
  points: card.points,
  balance: card.balance,
  next_expiration_date: next && new Date(next.at).toISOString(),
  next_expiration_points: next?.points ?? null,
  pending_points: pendingPoints ?? 0,
  expired_points: card.expired,
  subtracted_points: card.subtracted,
});

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

/** The voucher as the API shows it. Dates that it has none of itself are its campaign's. */
export const voucherView = (voucher: Voucher) => ({
  id: voucher.id,
  code: voucher.code,
  campaign: voucher.campaign,
  campaign_id: voucher.campaignId,
  category: voucher.category,
  ...knownCategoryView(voucher.knownCategory),
  type: voucher.type,
  discount: voucher.template.discount ?? null,
  gift:
    voucher.giftAmount === null
      ? null
      : { amount: voucher.giftAmount, balance: voucher.giftBalance, effect: voucher.template.gift?.effect ?? 'APPLY_TO_ORDER' },
  loyalty_card: voucher.loyaltyCard && loyaltyCardView(voucher.loyaltyCard, voucher),
  start_date: iso(voucher.startDate ?? voucher.campaignStartDate),
  expiration_date: iso(voucher.expirationDate ?? voucher.campaignExpirationDate),
  ...windowView(voucher.template),
  activity_duration_after_publishing: voucher.template.activity_duration_after_publishing ?? null,
  active: voucher.active,
  additional_info: voucher.additionalInfo,
  metadata: voucher.metadata,
  is_referral_code: voucher.campaignType === 'REFERRAL_PROGRAM',
  holder_id: voucher.holderId,
  revision: voucher.revision,
  created_at: voucher.createdAt.toISOString(),
  updated_at: iso(voucher.updatedAt),
  publish: {
    object: 'list' as const,
    count: voucher.publishedAt === null ? 0 : 1,
    url: `/v1/vouchers/${encodeURIComponent(voucher.code)}/publications?page=1&limit=10`,
  },
  redemption: {
    object: 'list' as const,
    quantity: voucher.quantity,
    redeemed_quantity: voucher.redeemedQuantity,
    redeemed_points: voucher.loyaltyCard ? redeemedPoints(voucher.loyaltyCard) : undefined,
    url: `/v1/vouchers/${encodeURIComponent(voucher.code)}/redemption`,
  },
  limits: voucher.template.limits,
  validation_rules_assignments: assignedRulesView(voucher.assignedRules),
  object: 'voucher' as const,
});

/** Tells of vouchers in the transaction that changes them. @param at when, or when of each */
export const recordVoucherEvents = (tx: Tx, type: string, vouchers: Voucher[], at: Date | ((voucher: Voucher) => Date)) =>
  recordEvents(
    tx,
    vouchers.map((voucher) => ({
      projectId: voucher.projectId,
      type,
      customerId: voucher.holderId,
      data: { voucher: voucherView(voucher) },
      dedupeKey: null,
      occurredAt: at instanceof Date ? at : at(voucher),
    })),
  );

export type VoucherChange = Partial<
  Pick<Voucher, 'category' | 'startDate' | 'expirationDate' | 'active' | 'quantity' | 'additionalInfo' | 'metadata'>
> & {
  /** Of a voucher without a campaign; null: none. */
  limits?: Limits | null;
  /** Of a voucher without a campaign. */
  window?: ValidityWindow;
};

/** The voucher with other limits. @throws DomainError invalid_payload, where its campaign says what they are */
const withLimits = (voucher: Voucher, limits: Limits | null | undefined): Voucher => {
  if (limits === undefined) return voucher;
  if (voucher.campaignId !== null)
    throw new DomainError('invalid_payload', 'The limits of this voucher are those of its campaign.', {
      fields: [{ path: 'limits', message: 'belong to the campaign: change them there' }],
    });
  const { limits: _, ...template } = voucher.template;
  return { ...voucher, template: { ...template, ...(limits && { limits }) } };
};

/** The voucher with another window. @throws DomainError invalid_payload, where its campaign says what it is */
const inWindow = (voucher: Voucher, window: ValidityWindow | undefined): Voucher => {
  if (window === undefined) return voucher;
  if (voucher.campaignId !== null)
    throw new DomainError('invalid_payload', 'When this voucher is valid is said by its campaign.', {
      fields: changedFields(voucher.template, window).map((path) => ({ path, message: 'belongs to the campaign: change it there' })),
    });
  return { ...voucher, template: withWindow(voucher.template, window) };
};

/**
 * Changes a voucher that is locked.
 * @throws DomainError invalid_payload, when its quantity would be less than what is redeemed already
 */
export const updateVoucher = async (tx: Tx, voucher: Voucher, change: VoucherChange, event: string, now: Date): Promise<Voucher> => {
  const { limits, window, ...fields } = change;
  const next: Voucher = {
    ...inWindow(withLimits(voucher, limits), window),
    ...fields,
    ...(fields.category !== undefined && { knownCategory: await findKnownCategory(tx, voucher.projectId, fields.category) }),
    revision: voucher.revision + 1,
    updatedAt: now,
  };
  if (next.quantity !== null && next.quantity < voucher.redeemedQuantity)
    throw new DomainError('invalid_payload', 'The quantity is less than what is redeemed.', {
      fields: [{ path: 'redemption.quantity', message: `must be at least ${voucher.redeemedQuantity}, which is redeemed already` }],
    });
  await tx`
    update voucher set category = ${next.category}, start_date = ${next.startDate}, expiration_date = ${next.expirationDate},
      active = ${next.active}, quantity = ${next.quantity}, additional_info = ${next.additionalInfo}, metadata = ${tx.json(next.metadata as never)},
      revision = ${next.revision}, updated_at = ${now},
      definition = ${next.campaignId === null ? tx.json(next.template as never) : null}
    where project_id = ${next.projectId} and id = ${next.id}`;
  if (limits !== undefined) await forgetCounters(tx, next.projectId, 'voucher', [next.id]);
  await recordVoucherEvents(tx, event, [next], now);
  return next;
};

/** Deletes a voucher that is locked; its redemptions stay. */
export const deleteVoucher = async (tx: Tx, voucher: Voucher, now: Date): Promise<void> => {
  await tx`delete from voucher where project_id = ${voucher.projectId} and id = ${voucher.id}`;
  await forgetCounters(tx, voucher.projectId, 'voucher', [voucher.id]);
  if (voucher.assignedRules) await forgetAssignments(tx, voucher.projectId, [voucher.id]);
  await recordVoucherEvents(tx, 'voucher.deleted', [voucher], now);
};
