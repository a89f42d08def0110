import { LRUCache } from 'lru-cache';
import { readTemplates, type CheckoutVoucher } from '../../db/checkout/checkout.ts';
import type { Db } from '../../db/client.ts';
import type { Gift } from '../../domain/voucher/gift.ts';
import type { CampaignLimits } from '../../domain/checkout/limits.ts';
import { windowOfTemplate, worthOf, type VoucherTemplate } from '../../domain/voucher/template.ts';
import type { AssignedRule } from '../../domain/validation-rules/rule.ts';
import type { VoucherState } from '../../domain/voucher/validity.ts';

import { createRuleCache } from './rule-cache.ts';

/** A voucher with what the database says beside what decides. */
export interface KnownVoucher extends VoucherState {
  codeKey: string;
  holderOffsetMs: number;
  /** Until when some session may hold something of it, in epoch milliseconds. */
  lockedUntil: number | null;
  /** The number with which the campaign's counters are changed; null where it has no campaign. */
  counting: number | null;
  type: VoucherTemplate['type'];
  metadata: Record<string, unknown>;
  /** As Postgres writes it. */
  createdAt: string;
}

/** Makes voucher states from rows: `statesOf` asks the database for templates that this process has not seen yet. */
export type VoucherStates = ReturnType<typeof createVoucherStates>;

/**
 * Keeps definitions by (campaign, template revision) and (voucher, revision). A revision never changes and comes with the voucher's
 * row, so what is kept is never stale.
 */
export const createVoucherStates = ({ max = 20_000 }: { max?: number } = {}) => {
  const kept = new LRUCache<string, VoucherTemplate>({ max });
  const rules = createRuleCache();

  const rulesOf = (projectId: string, { ruleRefs, campaignRuleRefs }: CheckoutVoucher): readonly AssignedRule[] => [
    ...rules.rulesOf(projectId, ruleRefs),
    ...rules.rulesOf(projectId, campaignRuleRefs),
  ];

  const templateOf = (projectId: string, row: CheckoutVoucher): VoucherTemplate | undefined => {
    const key = keyOf(projectId, row);
    const known = kept.get(key);
    if (known || row.definition === null) return known;
    const template = JSON.parse(row.definition) as VoucherTemplate;
    kept.set(key, template);
    return template;
  };

  /** A campaign's limits are those that it has now, whatever its vouchers were made with. */
  const campaignLimits = (projectId: string, { campaignId, campaignRevision }: CheckoutVoucher): CampaignLimits | null =>
    campaignId === null ? null : (kept.get(campaignKey(projectId, campaignId, campaignRevision!))?.campaign_limits ?? null);

  const load = async (db: Db, projectId: string, rows: CheckoutVoucher[]): Promise<void> => {
    const missing = new Map<string, { campaignId: string; revision: number }>();
    for (const row of rows) {
      if (row.campaignId === null) continue;
      for (const revision of [row.templateRevision!, row.campaignRevision!]) {
        const key = campaignKey(projectId, row.campaignId, revision);
        if (!kept.has(key)) missing.set(key, { campaignId: row.campaignId, revision });
      }
    }
    if (missing.size === 0) return;
    for (const { campaignId, revision, template } of await readTemplates(db, projectId, [...missing.values()])) {
      kept.set(campaignKey(projectId, campaignId, revision), template);
    }
  };

  return {
    /** The rules that rows of promotions name are kept with those of vouchers. */
    rules,
    statesOf: async (db: Db, projectId: string, rows: CheckoutVoucher[]): Promise<Map<string, KnownVoucher>> => {
      await load(db, projectId, rows);
      await rules.load(
        db,
        projectId,
        rows.flatMap(({ ruleRefs, campaignRuleRefs }) => [...(ruleRefs ?? []), ...(campaignRuleRefs ?? [])]),
      );
      const states = new Map<string, KnownVoucher>();
      for (const row of rows) {
        const template = templateOf(projectId, row);
        if (template) states.set(row.codeKey, stateOf(row, template, campaignLimits(projectId, row), rulesOf(projectId, row)));
      }
      return states;
    },
  };
};

const campaignKey = (projectId: string, campaignId: string, revision: number): string => `${projectId} ${campaignId} ${revision}`;

const keyOf = (projectId: string, row: CheckoutVoucher): string =>
  row.campaignId === null ? `${projectId} ${row.id} ${row.revision}` : campaignKey(projectId, row.campaignId, row.templateRevision!);

const giftOf = ({ giftAmount: amount, giftBalance: balance }: CheckoutVoucher, { gift }: VoucherTemplate): Gift | null =>
  amount === null || balance === null ? null : { amount, balance, effect: gift?.effect ?? 'APPLY_TO_ORDER' };

const stateOf = (
  row: CheckoutVoucher,
  template: VoucherTemplate,
  campaignLimits: CampaignLimits | null,
  rules: readonly AssignedRule[],
): KnownVoucher => ({
  object: 'voucher',
  codeKey: row.codeKey,
  id: row.id,
  code: row.code,
  revision: row.revision,
  category: row.category,
  categories: row.knownCategory ? [row.knownCategory] : [],
  startsAt: row.startDate && row.startDate.getTime(),
  endsAt: row.expirationDate && row.expirationDate.getTime(),
  active: row.active,
  withdrawnReason: row.withdrawnReason,
  quantity: row.quantity,
  redeemed: row.redeemedQuantity,
  holderId: row.holderId,
  isReferralCode: row.campaignType === 'REFERRAL_PROGRAM',
  holderOffsetMs: row.holderOffsetMs ?? 0,
  lockedUntil: row.lockedUntil && row.lockedUntil.getTime(),
  counting: row.counting,
  limits: template.limits ?? null,
  rules,
  window: windowOfTemplate(template),
  metadata: row.metadata ?? {},
  createdAt: row.createdAt,
  templateRevision: row.campaignId === null ? null : row.templateRevision,
  type: template.type,
  discount: worthOf(template),
  gift: giftOf(row, template),
  card: row.loyaltyCard,
  campaign:
    row.campaignId === null
      ? null
      : {
          id: row.campaignId,
          name: row.campaign ?? row.campaignId,
          active: row.campaignActive ?? false,
          startsAt: row.campaignStartDate && row.campaignStartDate.getTime(),
          endsAt: row.campaignExpirationDate && row.campaignExpirationDate.getTime(),
          limits: campaignLimits,
        },
});
