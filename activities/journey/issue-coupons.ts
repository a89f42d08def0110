import { findCampaign, type Campaign } from '../../db/campaigns.ts';
import { draftVoucher, issueVouchers, type NewVoucher } from '../../db/vouchers.ts';
import { recordVoucherEvents } from '../../db/voucher-changes.ts';
import { readVouchers } from '../../db/journey-vouchers.ts';
import { later } from '../../domain/calendar.ts';
import { parseCodeConfig } from '../../domain/code-pattern.ts';
import { scopeValues } from '../../domain/journey/scope.ts';
import type { JourneyCoupon } from '../../domain/journey/step-kind.ts';
import { couponEnd, type IssueCoupon } from '../../domain/journey/steps/issue-coupon.ts';
import { attempt } from './attempt.ts';
import type { Member, Outcome, StepFunction, StepWork } from './step.ts';

/** Issues each member a coupon of the campaign that only they can redeem, all in one statement. */
export const issueCoupons =
  (deps: { randomBytes: (count: number) => Uint8Array }): StepFunction =>
  async (work) => {
    const fields = work.step.fields as unknown as IssueCoupon;
    const campaign = await findCampaign(work.tx, work.project.id, fields.campaign);
    if (campaign === null) return work.members.map(() => ({ to: 'fail', error: `there is no campaign ${fields.campaign}` }));
    const ends = work.members.map((member) => endOf(work, fields, campaign, member));
    const drafts = work.members.flatMap((member, index) => {
      const end = ends[index];
      return end === undefined || 'error' in end ? [] : [draftOf(work, campaign, member, end.value)];
    });
    const pattern = parseCodeConfig(campaign.template.code_config ?? {}, { caseSensitive: work.project.caseSensitiveCodes });
    const issued = await issueVouchers(work.tx, work.project, drafts, pattern, deps.randomBytes);
    await publish(work, issued);
    const byEnrolment = new Map(issued.map((voucher) => [voucher.enrolmentId, voucher]));
    return work.members.map((member, index): Outcome => {
      const end = ends[index];
      if (end !== undefined && 'error' in end) return { to: 'fail', error: end.error };
      const voucher = byEnrolment.get(member.enrolment.id) as NewVoucher;
      const coupon = couponOf(voucher, campaign);
      const detail = { voucher_id: voucher.id, code: voucher.code, expires_at: coupon.expires_at };
      return { to: 'go', outcome: 'issued', coupon: { as: fields.as, coupon }, detail };
    });
  };

const endOf = (work: StepWork, fields: IssueCoupon, campaign: Campaign, member: Member): { value: string | null } | { error: string } =>
  attempt(() => {
    const own = couponEnd(fields, work.now, member.zone, () =>
      String(work.step.expressions.get('expires.at')?.evaluate(scopeValues(member.standing))),
    );
    const lasts = campaign.template.activity_duration_after_publishing;
    return own ?? (lasts === undefined ? null : later(work.now, lasts, member.zone));
  });

const draftOf = ({ project, now }: StepWork, campaign: Campaign, { enrolment }: Member, end: string | null) =>
  draftVoucher({
    projectId: project.id,
    type: campaign.template.type,
    campaignId: campaign.id,
    templateRevision: campaign.revision,
    category: campaign.category,
    expirationDate: end === null ? null : new Date(end),
    quantity: campaign.template.redemption.quantity,
    holderId: enrolment.customerId,
    enrolmentId: enrolment.id,
    publishedAt: new Date(now),
  });

const couponOf = (voucher: NewVoucher, campaign: Campaign): JourneyCoupon => ({
  id: voucher.id,
  code: voucher.code,
  expires_at: (voucher.expirationDate ?? campaign.expirationDate)?.toISOString() ?? null,
  campaign: campaign.name,
  discount: campaign.template.discount,
});

const publish = async ({ tx, project, now }: StepWork, issued: NewVoucher[]): Promise<void> => {
  const vouchers = await readVouchers(
    tx,
    project.id,
    issued.map((voucher) => voucher.id),
  );
  await recordVoucherEvents(tx, 'voucher.published', [...vouchers.values()], new Date(now));
};
