import { randomBytes } from 'node:crypto';
import type { CheckoutAnswer } from '../../activities/checkout/answer.ts';
import type { Checkout } from '../../activities/checkout/checkout.ts';
import { createRedemptionActivities, type RedemptionDeps } from '../../activities/redemption/redemption.ts';
import type { RedeemRequest } from '../../activities/redemption/request.ts';
import { createTraceBuffer, type TraceBuffer } from '../../activities/checkout/validation-traces.ts';
import { createValidationActivities } from '../../activities/checkout/validation.ts';
import { createVoucherStates } from '../../activities/checkout/voucher-states.ts';
import { createMemberRewardRoutes } from '../../api/routes/member-rewards.ts';
import { createRedemptionRoutes } from '../../api/routes/redemptions.ts';
import { createValidationRoutes } from '../../api/routes/validations.ts';
import type { Sql } from '../../db/client.ts';
import type { Project } from '../../db/project/projects.ts';
import { draftVoucher, insertVouchers, type VoucherDraft } from '../../db/voucher/vouchers.ts';
import { STACKING_RULES } from '../../domain/checkout/stacking.ts';
import { codeKey } from '../../domain/voucher/code-pattern.ts';
import type { Discount } from '../../domain/discount/discount.ts';
import { resourceRoutes } from './api.ts';

export interface TestCheckout extends Checkout {
  traces: TraceBuffer;
  maintain: () => Promise<void>;
}

/** The activities of a process of their own: what it gathers and keeps, no other shares. */
export const createCheckout = (sql: Sql, more: Partial<RedemptionDeps> = {}): TestCheckout => {
  const states = createVoucherStates();
  const now = more.now ?? (() => new Date());
  const traces = createTraceBuffer({ sql, log: { warn: () => {} }, everyMs: 20 });
  return {
    ...createValidationActivities({ sql, states, traces, now }),
    ...createRedemptionActivities({ sql, states, traces, now, randomBytes, ...more }),
    traces,
  };
};

/** All that a shop talks to. */
export const checkoutRoutes = (sql: Sql, checkout: Checkout) => [
  ...resourceRoutes(sql),
  ...createValidationRoutes({ checkout }),
  ...createRedemptionRoutes({ sql, checkout }),
  ...createMemberRewardRoutes({ sql, checkout }),
];

const TEN_PERCENT: Discount = { type: 'PERCENT', percent_off: 10 };

/** Writes a voucher of its own definition; without limit and for anyone unless told otherwise. @returns its id */
export const createVoucher = async (
  sql: Sql,
  project: Project,
  code: string,
  { discount = TEN_PERCENT, ...more }: Partial<VoucherDraft> & { discount?: Discount } = {},
): Promise<string> => {
  const redemption = { quantity: more.quantity ?? null };
  const definition = { type: 'DISCOUNT_VOUCHER' as const, discount, redemption };
  const draft = draftVoucher({ projectId: project.id, definition, ...more });
  await sql.begin((tx) => insertVouchers(tx, [{ ...draft, code, codeKey: codeKey(code, project.caseSensitiveCodes) }]));
  return draft.id;
};

/** Codes as a request asks for them. */
export const asked = (...codes: string[]) => codes.map((id) => ({ object: 'voucher' as const, id }));

/** A request to redeem one code, as the API makes it; its key is its own unless told otherwise. */
export const redeemRequest = (project: Project, code: string, more: Partial<RedeemRequest> = {}): RedeemRequest => ({
  project: { id: project.id, caseSensitiveCodes: project.caseSensitiveCodes, timezone: project.timezone, currency: project.currency },
  apiKeyId: 'key_test',
  apiKeyName: 'test',
  requestId: 'req_test',
  redeemables: asked(code),
  stackingRules: STACKING_RULES,
  order: { amount: 10_000 },
  customer: null,
  session: null,
  trackingId: null,
  metadata: null,
  expand: [],
  audience: 'stack',
  idempotencyKey: randomBytes(12).toString('hex'),
  requestHash: Buffer.alloc(32, 7).toString('base64'),
  ...more,
});

export const statusOf = (answer: CheckoutAnswer): number | string => ('refused' in answer ? answer.refused.key : answer.status);

// What comes back is what a test is about.
// oxlint-disable-next-line typescript/no-explicit-any
export const bodyOf = (answer: CheckoutAnswer): any => ('refused' in answer ? answer.refused : JSON.parse(answer.body));
