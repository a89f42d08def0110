import type { CategoryState } from '../checkout/stacking.ts';
import type { Discount } from '../discount/discount.ts';
import type { Gift } from './gift.ts';
import type { CampaignLimits, Limits } from '../checkout/limits.ts';
import type { LoyaltyCard } from '../loyalty/card.ts';
import type { AssignedRule } from '../validation-rules/rule.ts';
import { refusalOfClosedWindow, type ValidityWindow } from './validity-window.ts';
import { refuse, type Refusal } from './refusal.ts';

/** A voucher as a decision sees it. Times are epoch milliseconds. */
export interface VoucherState {
  object: 'voucher';
  id: string;
  code: string;
  revision: number;
  category: string | null;
  categories: readonly CategoryState[];
  startsAt: number | null;
  endsAt: number | null;
  active: boolean;
  withdrawnReason: string | null;
  /** null: unlimited */
  quantity: number | null;
  redeemed: number;
  /** The customer who alone may redeem it; null: anyone. */
  holderId: string | null;
  /** Whether it brings others: anyone but its holder may redeem it then. */
  isReferralCode?: boolean;
  campaign: CampaignState | null;
  /** The revision of the campaign's template that decided; null where the voucher defines itself. */
  templateRevision: number | null;
  /** What formulas may read of it. */
  metadata?: Record<string, unknown>;
  /** Of a gift card: all that it was made with. */
  discount: Discount;
  /** null: not a gift card. */
  gift: Gift | null;
  /** null: not a loyalty card. */
  card?: LoyaltyCard | null;
  /** Beside the quantity; null: none. */
  limits: Limits | null;
  /** Its own and its campaign's. */
  rules: readonly AssignedRule[];
  /** When it is valid beside its start and end; null: always. */
  window: ValidityWindow | null;
}

export interface CampaignState {
  id: string;
  name: string;
  active: boolean;
  startsAt: number | null;
  endsAt: number | null;
  /** Over all that is redeemed of it; null: none. */
  limits: CampaignLimits | null;
}

/** Who redeems, and when by their clock. */
export interface Redeemer {
  /** The customer's id; null where none was named, or nobody is known by that name. */
  customerId: string | null;
  named: boolean;
  at: number;
  /** IANA: where days, weeks and months begin. */
  zone: string;
}

/** Whether the voucher itself can be redeemed by this customer now, whatever the order. @returns null where it can */
export const refusalOf = (voucher: VoucherState, by: Redeemer): Refusal | null =>
  refusalOfState(voucher) ??
  refusalOfTime(voucher, by.at) ??
  refusalOfHours(voucher, by) ??
  refusalOfQuantity(voucher) ??
  refusalOfHolder(voucher, by);

const refusalOfState = ({ code, active, withdrawnReason, campaign }: VoucherState): Refusal | null => {
  if (withdrawnReason !== null)
    return refuse('voucher_disabled', 'withdrawn', withdrawnReason, `Voucher ${code} was withdrawn: ${withdrawnReason}`);
  if (!active) return refuse('voucher_disabled', 'active', false, `Voucher ${code} is disabled`);
  if (campaign && !campaign.active)
    return refuse('voucher_disabled', 'campaign.active', false, `The campaign ${campaign.name} is disabled`);
  return null;
};

const refusalOfCampaignTime = ({ name, startsAt, endsAt }: CampaignState, at: number): Refusal | null =>
  refusalOfWindow(`The campaign ${name}`, 'campaign.', startsAt, endsAt, at);

const refusalOfTime = ({ code, startsAt, endsAt, campaign }: VoucherState, at: number): Refusal | null =>
  refusalOfWindow(`Voucher ${code}`, '', startsAt, endsAt, at) ?? (campaign && refusalOfCampaignTime(campaign, at));

const refusalOfHours = ({ code, window, startsAt, endsAt, campaign }: VoucherState, { at, zone }: Redeemer): Refusal | null => {
  if (window === null) return null;
  const ends = [endsAt, campaign?.endsAt ?? null].filter((end) => end !== null);
  const of = {
    what: `Voucher ${code}`,
    startsAt: startsAt ?? campaign?.startsAt ?? null,
    endsAt: ends.length > 0 ? Math.min(...ends) : null,
  };
  return refusalOfClosedWindow(window, of, at, zone);
};

/** The start belongs to the window, the end does not. */
const refusalOfWindow = (what: string, scope: string, startsAt: number | null, endsAt: number | null, at: number): Refusal | null => {
  if (startsAt !== null && at < startsAt) {
    const start = new Date(startsAt).toISOString();
    return refuse('voucher_not_active', `${scope}start_date`, start, `${what} is valid from ${start}`);
  }
  if (endsAt !== null && at >= endsAt) {
    const end = new Date(endsAt).toISOString();
    return refuse('voucher_expired', `${scope}expiration_date`, end, `${what} was valid until ${end}`);
  }
  return null;
};

const refusalOfQuantity = ({ code, quantity, redeemed }: VoucherState): Refusal | null =>
  quantity !== null && redeemed >= quantity
    ? refuse('quantity_exceeded', 'redemption.quantity', quantity, `Voucher ${code} was redeemed ${redeemed} of ${quantity} times`)
    : null;

const refusalOfReferrer = ({ code, holderId }: VoucherState, by: Redeemer): Refusal | null => {
  if (!by.named)
    return refuse('missing_customer', 'is_referral_code', true, `Referral code ${code} brings a customer: tell who redeems it`);
  return holderId !== null && holderId === by.customerId
    ? refuse('referrer_not_permitted_to_redeem', 'holder_id', holderId, `Referral code ${code} is this customer's own: it is for others`)
    : null;
};

const refusalOfHolder = (voucher: VoucherState, by: Redeemer): Refusal | null => {
  const { code, holderId } = voucher;
  if (voucher.isReferralCode) return refusalOfReferrer(voucher, by);
  if (holderId === null || holderId === by.customerId) return null;
  return by.named
    ? refuse('customer_rules_violated', 'holder_id', holderId, `Voucher ${code} belongs to another customer`)
    : refuse('missing_customer', 'holder_id', holderId, `Voucher ${code} belongs to one customer: tell who redeems it`);
};
