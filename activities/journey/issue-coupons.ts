import { openLedger } from '../../db/delivery/allowances.ts';
import { findCampaign, type Campaign } from '../../db/campaign/campaigns.ts';
import { recordVoucherEvents } from '../../db/voucher/changes.ts';
import { draftOfCampaign } from '../../db/voucher/creation.ts';
import { issueVouchers, type NewVoucher } from '../../db/voucher/vouchers.ts';
import { readVouchers } from '../../db/journey/vouchers.ts';
import { use } from '../../domain/delivery/allowance.ts';
import { later } from '../../domain/calendar.ts';
import { parseCodeConfig } from '../../domain/voucher/code-pattern.ts';
import { END } from '../../domain/journey/definition.ts';
import { scopeValues } from '../../domain/journey/scope.ts';
import type { JourneyCoupon } from '../../domain/journey/step-kind.ts';
import { worthOf } from '../../domain/voucher/template.ts';
import { couponEnd, type IssueCoupon } from '../../domain/journey/steps/issue-coupon.ts';
import { datePoints } from '../loyalty/card.ts';
import { attempt } from './attempt.ts';
import { recipientsOf, type Recipient } from './recipients.ts';
import type { Member, Outcome, StepFunction, StepWork } from './step.ts';

/** A coupon that is to be issued. */
interface Draft {
  member: Member;
  recipient: Recipient;
  end: string | null;
}

/** Issues each member a coupon of the campaign that only its recipient can redeem, all in one statement. */
export const issueCoupons =
  (deps: { randomBytes: (count: number) => Uint8Array }): StepFunction =>
  async (work) => {
    const fields = work.step.fields as unknown as IssueCoupon;
    const campaign = await findCampaign(work.tx, work.project.id, fields.campaign);
    if (campaign === null) return work.members.map(() => ({ to: 'fail', error: `there is no campaign ${fields.campaign}` }));
    const drafts = await withinLimits(work, fields, await draftsOf(work, fields, campaign));
    const pattern = parseCodeConfig(campaign.template.code_config ?? {}, { caseSensitive: work.project.caseSensitiveCodes });
    const vouchers = drafts.filter(isDraft).map((draft) => voucherOf(work, campaign, draft));
    const issued = await issueVouchers(work.tx, work.project, vouchers, pattern, deps.randomBytes);
    await datePoints(
      work.tx,
      work.project,
      issued.map((voucher) => ({ ...voucher, template: campaign.template })),
    );
    await publish(work, issued);
    const byEnrolment = new Map(issued.map((voucher) => [voucher.enrolmentId, voucher]));
    return drafts.map((draft): Outcome => {
      if (!isDraft(draft)) return draft;
      const voucher = byEnrolment.get(draft.member.enrolment.id) as NewVoucher;
      const coupon = couponOf(voucher, campaign);
      const detail = { voucher_id: voucher.id, code: voucher.code, expires_at: coupon.expires_at, campaign: campaign.name };
      const recipient = draft.recipient.customer.id;
      const other = recipient === draft.member.enrolment.customerId ? {} : { recipient };
      return { to: 'go', outcome: 'issued', coupon: { as: fields.as, coupon }, detail: { ...detail, ...other } };
    });
  };

const isDraft = (each: Draft | Outcome): each is Draft => 'member' in each;

const draftsOf = async (work: StepWork, fields: IssueCoupon, campaign: Campaign): Promise<(Draft | Outcome)[]> => {
  const recipients = await recipientsOf(work);
  return work.members.map((member, index) => {
    const recipient = recipients[index];
    if (recipient === undefined || 'error' in recipient) return { to: 'fail', error: recipient?.error ?? 'nobody' };
    const end = endOf(work, fields, campaign, member, recipient.zone);
    return 'error' in end ? { to: 'fail', error: end.error } : { member, recipient, end: end.value };
  });
};

const endOf = (work: StepWork, fields: IssueCoupon, campaign: Campaign, member: Member, zone: string) =>
  attempt((): string | null => {
    const own = couponEnd(fields, work.now, zone, () =>
      String(work.step.expressions.get('expires.at')?.evaluate(scopeValues(member.standing))),
    );
    const lasts = campaign.template.activity_duration_after_publishing;
    return own ?? (lasts === undefined ? null : later(work.now, lasts, campaign.template.timezone ?? zone));
  });

/** Counts against the step's limits, over all versions of the journey, under their locks: so they hold exactly. */
const withinLimits = async (work: StepWork, fields: IssueCoupon, drafts: (Draft | Outcome)[]): Promise<(Draft | Outcome)[]> => {
  const { limits } = fields;
  if (limits === undefined) return drafts;
  const base = `coupons ${work.journey.journeyId} ${fields.as}`;
  const keyOf = ({ recipient }: Draft): string => `${base} ${recipient.customer.id}`;
  const keys = drafts.filter(isDraft).map(keyOf);
  const ledger = await openLedger(work.tx, work.project.id, [
    ...(limits.per_customer === undefined ? [] : keys),
    ...(limits.budget === undefined || keys.length === 0 ? [] : [base]),
  ]);
  const allowed = drafts.map((draft): Draft | Outcome => {
    if (!isDraft(draft)) return draft;
    const { enrolment } = draft.member;
    const one = { id: `${enrolment.id} ${enrolment.visit}`, at: work.now };
    const own = limits.per_customer === undefined ? null : { limit: limits.per_customer, per: limits.window ?? null };
    const ofCustomer = own === null ? null : use(ledger.of(keyOf(draft)), own, one);
    if (own !== null && ofCustomer === null) return exhausted(fields, 'per_customer');
    const ofAll = limits.budget === undefined ? null : use(ledger.of(base), { limit: limits.budget, per: null }, one);
    if (limits.budget !== undefined && ofAll === null) return exhausted(fields, 'budget');
    if (ofCustomer !== null) ledger.set(keyOf(draft), ofCustomer);
    if (ofAll !== null) ledger.set(base, ofAll);
    return draft;
  });
  await ledger.write();
  return allowed;
};

const exhausted = ({ on_exhausted: way = 'exit' }: IssueCoupon, limit: string): Outcome => {
  const outcome = 'exhausted';
  const detail = { limit };
  if (way === 'exit') return { to: 'leave', outcome, detail };
  if (way === 'continue') return { to: 'go', outcome, detail };
  return { to: 'go', outcome, detail, next: way === END ? null : way };
};

const voucherOf = ({ now }: StepWork, campaign: Campaign, { member, recipient, end }: Draft) =>
  draftOfCampaign(campaign, {
    ...(end === null ? {} : { expirationDate: new Date(end) }),
    holderId: recipient.customer.id,
    enrolmentId: member.enrolment.id,
    publishedAt: new Date(now),
  });

const couponOf = (voucher: NewVoucher, campaign: Campaign): JourneyCoupon => ({
  id: voucher.id,
  code: voucher.code,
  expires_at: (voucher.expirationDate ?? campaign.expirationDate)?.toISOString() ?? null,
  campaign: campaign.name,
  discount: worthOf(campaign.template),
});

const publish = async ({ tx, project, now }: StepWork, issued: NewVoucher[]): Promise<void> => {
  const vouchers = await readVouchers(
    tx,
    project.id,
    issued.map((voucher) => voucher.id),
  );
  await recordVoucherEvents(tx, 'voucher.published', [...vouchers.values()], new Date(now));
};
