import type { PromotionTierState } from '../checkout/redeemable.ts';
import { refusalOfClosedWindow } from '../voucher/validity-window.ts';
import { refuse, type Refusal } from '../voucher/refusal.ts';
import type { Redeemer } from '../voucher/validity.ts';

const inactive = (condition: string, value: Refusal['value'], details: string): Refusal =>
  refuse('promotion_inactive', condition, value, details);

/** Whether a promotion tier is there for anyone now, whatever the order. @returns null where it is */
export const refusalOfTier = (tier: PromotionTierState, { at, zone }: Redeemer): Refusal | null => {
  const { name, active, campaign } = tier;
  if (!active) return inactive('active', false, `Promotion tier ${name} is disabled`);
  if (!campaign.active) return inactive('campaign.active', false, `The campaign ${campaign.name} is disabled`);
  return (
    refusalOfDates(`Promotion tier ${name}`, '', tier, at) ??
    refusalOfDates(`The campaign ${campaign.name}`, 'campaign.', campaign, at) ??
    refusalOfHours(tier, at, zone)
  );
};

type Dated = Pick<PromotionTierState, 'startsAt' | 'endsAt'>;

/** The start belongs to it, the end does not. */
const refusalOfDates = (what: string, scope: string, { startsAt, endsAt }: Dated, at: number): Refusal | null => {
  if (startsAt !== null && at < startsAt) {
    const start = new Date(startsAt).toISOString();
    return inactive(`${scope}start_date`, start, `${what} is valid from ${start}`);
  }
  if (endsAt === null || at < endsAt) return null;
  const end = new Date(endsAt).toISOString();
  return inactive(`${scope}expiration_date`, end, `${what} was valid until ${end}`);
};

const refusalOfHours = ({ name, window, startsAt, endsAt, campaign }: PromotionTierState, at: number, zone: string): Refusal | null => {
  if (window === null) return null;
  const ends = [endsAt, campaign.endsAt].filter((end) => end !== null);
  const of = {
    what: `Promotion tier ${name}`,
    startsAt: startsAt ?? campaign.startsAt,
    endsAt: ends.length > 0 ? Math.min(...ends) : null,
  };
  return refusalOfClosedWindow(window, of, at, zone);
};
