import type { CheckoutCustomer } from '../../db/checkout/checkout.ts';
import type { Tx } from '../../db/client.ts';
import type { Project } from '../../db/project/projects.ts';
import { findReferralCode, insertReferrals, type NewReferral } from '../../db/referral/referrals.ts';
import type { Applied } from '../../domain/checkout/checkout.ts';
import { codeKey } from '../../domain/voucher/code-pattern.ts';
import { DomainError } from '../../domain/errors.ts';

/** Who was brought by what is redeemed: the customer, by whoever holds a referral code. */
export const referralsOf = (applied: readonly Applied[], customer: CheckoutCustomer | undefined): NewReferral[] =>
  applied.flatMap(({ redeemable }) => {
    if (redeemable.object !== 'voucher' || !redeemable.isReferralCode || !redeemable.holderId || !redeemable.campaign || !customer)
      return [];
    const { id: campaignId, name: campaign } = redeemable.campaign;
    const code = { voucherId: redeemable.id, code: redeemable.code };
    return [{ campaignId, campaign, ...code, referrerId: redeemable.holderId, refereeId: customer.id, refereeSourceId: customer.sourceId }];
  });

/**
 * Keeps that a customer came by a referral code, as an event of theirs tells, where the program counts such events. A code that nobody
 * holds brings nobody.
 * @throws DomainError not_found, where it is no referral code; referrer_not_permitted_to_redeem, where it is the customer's own
 */
export const joinByReferral = async (
  tx: Tx,
  project: Project,
  { code, event }: { code: string; event: string },
  referee: { id: string; sourceId: string },
  now: Date,
): Promise<void> => {
  const found = await findReferralCode(tx, project.id, codeKey(code, project.caseSensitiveCodes));
  const about = { resource: { id: code, type: 'voucher' } };
  if (!found) throw new DomainError('not_found', 'Resource not found', { details: `Cannot find a referral code ${code}`, ...about });
  if (found.holderId === referee.id)
    throw new DomainError('referrer_not_permitted_to_redeem', 'Referrer is not permitted to redeem', {
      details: `The referral code ${code} is this customer's own`,
      ...about,
    });
  const { holderId: referrerId, program, ...of } = found;
  const counts = program?.conversion_event_type !== 'custom_event' || program.custom_event?.name === event;
  if (referrerId === null || !counts) return;
  await insertReferrals(tx, project.id, [{ ...of, referrerId, refereeId: referee.id, refereeSourceId: referee.sourceId }], now);
};
