import type { Customer } from '../../db/customer/customers.ts';
import { recordEvents } from '../../db/event/events.ts';
import { newId } from '../../db/ids.ts';
import { listSimulatedEnrolments, useVouchers } from '../../db/simulation/state.ts';
import { STACKING_RULES } from '../../domain/checkout/stacking.ts';
import type { JourneyCoupon } from '../../domain/journey/step-kind.ts';
import { createValidationActivities } from '../checkout/validation.ts';
import { createVoucherStates } from '../checkout/voucher-states.ts';
import type { ScriptedEvent } from './input.ts';
import { happening } from './timeline.ts';
import type { World } from './world.ts';

/** What a checkout asks about, where the script says no order. */
const ORDER = { amount: 10_000 };

/**
 * Has customers redeem their coupons, as a checkout would: the same validation decides, and what it allows is used. Redeeming for real
 * commits, so the use and its event are written here.
 */
export const redeem = async (world: World, customers: Customer[], scripted: ScriptedEvent): Promise<void> => {
  const { sql, project, clock } = world;
  const traces = { add: () => {}, close: async () => {} };
  const { validate } = createValidationActivities({ sql, states: createVoucherStates(), traces, now: () => clock.now, inFlight: 1 });
  const coupons = new Map(
    (await listSimulatedEnrolments(sql, project.id)).map((each) => [each.customerId, couponOf(each.context.coupons, scripted.coupon)]),
  );
  const order = scripted.order ?? ORDER;
  const having = customers.flatMap((customer) => {
    const coupon = coupons.get(customer.id);
    return coupon === undefined ? [] : [{ customer, coupon }];
  });
  if (world.verbose && having.length === 0) tell(world, 'refused', { reason: 'there is no coupon to redeem' });
  const answers = await Promise.all(
    having.map(async ({ customer, coupon }) => ({
      customer,
      coupon,
      answer: await validate({
        project,
        apiKeyId: 'simulation',
        apiKeyName: 'simulation',
        requestId: 'simulation',
        redeemables: [{ object: 'voucher', id: coupon.code }],
        stackingRules: STACKING_RULES,
        order,
        customer: { id: customer.id },
        session: null,
        trackingId: null,
        metadata: null,
        expand: [],
        audience: 'stack',
      }),
    })),
  );
  const allowed = answers.flatMap(({ customer, coupon, answer }) => {
    const given = answer as { valid: boolean; order?: Amounts | null; redeemables?: Told[]; inapplicable_redeemables?: Told[] };
    if (given.valid) return [{ customer, coupon, discount: given.order?.total_discount_amount ?? 0, order: { ...order, ...given.order } }];
    const told = [...(given.inapplicable_redeemables ?? []), ...(given.redeemables ?? [])].find((each) => each.result?.error);
    const error = told?.result?.error;
    if (world.verbose) tell(world, 'refused', { code: coupon.code, reason: error?.key, message: error?.message });
    return [];
  });
  await useVouchers(
    sql,
    project.id,
    allowed.map(({ coupon, discount }) => ({ id: coupon.id, discount })),
    clock.now,
  );
  for (const { coupon, discount, order: paid } of world.verbose ? allowed : []) {
    tell(world, 'redeemed', { code: coupon.code, discount_amount: discount, order: paid });
  }
  await recordEvents(
    sql,
    allowed.map(({ customer, coupon, discount, order: paid }) => eventOf(world, customer, coupon, discount, paid, scripted.data)),
  );
};

interface Amounts {
  amount?: number;
  total_amount?: number;
  total_discount_amount?: number;
}

interface Told {
  result?: { error?: { key: string; message: string } };
}

const couponOf = (coupons: Record<string, JourneyCoupon>, name: string | null): JourneyCoupon | undefined =>
  name === null
    ? Object.values(coupons)
        .toSorted((a, b) => (a.id < b.id ? -1 : 1))
        .at(-1)
    : coupons[name];

const tell = (world: World, outcome: string, detail: Record<string, unknown>): void => {
  world.happened.push(happening(world.clock.now, 'event', outcome, { detail: { event: 'coupon.redeemed', ...detail } }));
};

const eventOf = (
  { project, clock }: World,
  customer: Customer,
  coupon: JourneyCoupon,
  discount: number,
  order: Record<string, unknown>,
  data: Record<string, unknown>,
) => ({
  projectId: project.id,
  type: 'redemption.succeeded',
  customerId: customer.id,
  data: {
    redemption_id: newId('redemption'),
    voucher_id: coupon.id,
    code: coupon.code,
    campaign: coupon.campaign,
    campaign_id: null,
    discount_amount: discount,
    order: { currency: project.currency, ...order },
    tracking_id: null,
    ...data,
  },
  dedupeKey: null,
  occurredAt: clock.now,
});
