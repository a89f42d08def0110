import { describe, expect, test } from 'vitest';
import { STACKING_RULES } from '../../../../domain/checkout/stacking.ts';
import { NOTHING_COUNTED } from '../../../../domain/checkout/counted.ts';
import { decide, type Checkout } from '../../../../domain/checkout/checkout.ts';
import { NO_FACTS } from '../../../../domain/validation-rules/facts.ts';
import type { VoucherState } from '../../../../domain/voucher/validity.ts';

const NOON = Date.parse('2026-03-01T12:00:00Z');
const HOUR = 3_600_000;

const voucher = (more: Partial<VoucherState> = {}): VoucherState => ({
  object: 'voucher',
  id: 'v_1',
  code: 'SAVE10',
  revision: 1,
  category: null,
  categories: [],
  startsAt: null,
  endsAt: null,
  active: true,
  withdrawnReason: null,
  quantity: null,
  redeemed: 0,
  holderId: null,
  campaign: null,
  templateRevision: null,
  rules: [],
  window: null,
  limits: null,
  gift: null,
  discount: { type: 'PERCENT', percent_off: 10 },
  ...more,
});

const ask = (vouchers: (VoucherState | undefined)[], more: Partial<Checkout> = {}) =>
  decide({
    asked: vouchers.map((each, index) => ({ object: 'voucher', id: each?.code ?? `UNKNOWN${index}` })),
    redeemables: vouchers,
    rules: STACKING_RULES,
    counts: NOTHING_COUNTED,
    facts: NO_FACTS,
    order: { amount: 10_000 },
    redeemerOf: () => ({ customerId: null, named: false, at: NOON, zone: 'UTC' }),
    ...more,
  });

const reason = (each: VoucherState | undefined, more: Partial<Checkout> = {}) => {
  const [outcome] = ask([each], more).outcomes;
  return outcome?.status === 'INAPPLICABLE' ? outcome.refusal : null;
};

const by = (customerId: string | null, named = true) => ({ redeemerOf: () => ({ customerId, named, at: NOON, zone: 'UTC' }) });
const campaign = { id: 'camp_1', name: 'Spring', active: true, startsAt: null, endsAt: null, limits: null };

describe('a voucher applies', () => {
  test('from its first to before its last moment', () => {
    expect(reason(voucher({ startsAt: NOON, endsAt: NOON + 1 }))).toBeNull();
    expect(reason(voucher({ startsAt: NOON + 1 }))).toMatchObject({ key: 'voucher_not_active', condition: 'start_date' });
    expect(reason(voucher({ endsAt: NOON }))).toMatchObject({ key: 'voucher_expired', value: '2026-03-01T12:00:00.000Z' });
  });
  test('while its campaign does', () => {
    expect(reason(voucher({ campaign: { ...campaign, endsAt: NOON - HOUR } }))).toMatchObject({
      key: 'voucher_expired',
      condition: 'campaign.expiration_date',
    });
    expect(reason(voucher({ campaign: { ...campaign, startsAt: NOON + HOUR } }))?.key).toBe('voucher_not_active');
    expect(reason(voucher({ campaign: { ...campaign, active: false } }))).toMatchObject({
      key: 'voucher_disabled',
      condition: 'campaign.active',
    });
  });
  test('while it is enabled and was not withdrawn', () => {
    expect(reason(voucher({ active: false }))?.key).toBe('voucher_disabled');
    expect(reason(voucher({ withdrawnReason: 'fraud' }))).toMatchObject({ key: 'voucher_disabled', value: 'fraud' });
  });
  test('as often as its quantity says', () => {
    expect(reason(voucher({ quantity: 2, redeemed: 1 }))).toBeNull();
    expect(reason(voucher({ quantity: 2, redeemed: 2 }))).toMatchObject({ key: 'quantity_exceeded', value: 2 });
  });
  test('to its holder alone', () => {
    const held = voucher({ holderId: 'cust_1' });
    expect(reason(held, by('cust_1'))).toBeNull();
    expect(reason(held, by('cust_2'))?.key).toBe('customer_rules_violated');
    expect(reason(held, by(null))?.key).toBe('customer_rules_violated');
    expect(reason(held, by(null, false))?.key).toBe('missing_customer');
  });
});

describe('a checkout', () => {
  test('applies codes in turn on what those before them left', () => {
    const fixed = voucher({ id: 'v_2', code: 'FIVE', discount: { type: 'AMOUNT', amount_off: 500 } });
    const { valid, cart, outcomes } = ask([voucher(), fixed, voucher({ id: 'v_3', code: 'AGAIN10' })]);
    expect(valid).toBe(true);
    expect(outcomes.map((outcome) => outcome.status === 'APPLICABLE' && outcome.step?.discount)).toEqual([1_000, 500, 850]);
    expect(cart?.left).toBe(7_650);
  });
  test('is invalid as a whole where one code does not apply, and skips those after it', () => {
    const { valid, outcomes } = ask([voucher(), undefined, voucher({ id: 'v_3', code: 'THIRD' })]);
    expect(valid).toBe(false);
    expect(outcomes).toMatchObject([
      { status: 'APPLICABLE' },
      { status: 'INAPPLICABLE', refusal: { key: 'not_found' } },
      { status: 'SKIPPED', key: 'preceding_validation_failed' },
    ]);
  });
  test('applies five codes and skips the sixth', () => {
    const many = Array.from({ length: 6 }, (_, index) => voucher({ id: `v_${index}`, code: `CODE${index}` }));
    const { valid, outcomes } = ask(many);
    expect(valid).toBe(true);
    expect(outcomes[5]).toMatchObject({ status: 'SKIPPED', key: 'applicable_redeemables_limit_exceeded' });
  });
  test('without an order calculates nothing', () => {
    const { valid, cart, outcomes } = ask([voucher()], { order: null });
    expect({ valid, cart }).toEqual({ valid: true, cart: null });
    expect(outcomes[0]).toMatchObject({ status: 'APPLICABLE', step: null });
  });
  test('with items that have no price is refused rather than calculated as nothing', () => {
    expect(reason(voucher(), { order: { items: [{ quantity: 1 }] } })?.key).toBe('missing_amount');
  });
  test('needs items where a discount is taken of them', () => {
    const ofItems = voucher({ discount: { type: 'AMOUNT', amount_off: 100, effect: 'APPLY_TO_ITEMS' } });
    expect(reason(ofItems)?.key).toBe('missing_order_items');
    expect(reason(ofItems, { order: { items: [{ price: 100 }] } })).toBeNull();
  });
});
