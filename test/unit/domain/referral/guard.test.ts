import { describe, expect, test } from 'vitest';
import { mailbox, partyOf, signalsOf, verdictOf, type Party, type Referral } from '../../../../domain/referral/guard.ts';

describe('a mailbox', () => {
  test.each([
    ['Ada.Lovelace+shop@Gmail.com', 'adalovelace@gmail.com'],
    ['a.d.a@googlemail.com', 'ada@gmail.com'],
    ['ada+1@outlook.com', 'ada@outlook.com'],
    ['a.da@outlook.com', 'a.da@outlook.com'],
    ['ada-shop@yahoo.com', 'ada@yahoo.com'],
    ['ada+shop@acme.example', 'ada+shop@acme.example'],
    ['a.da@acme.example', 'a.da@acme.example'],
    [' ADA@acme.example ', 'ada@acme.example'],
    ['+1@gmail.com', '+1@gmail.com'],
    ['not an address', 'not an address'],
  ])('%s is %s', (given, expected) => {
    expect(mailbox(given)).toBe(expected);
  });
});

const ada: Party = {
  id: 'ada',
  email: 'ada@gmail.com',
  payments: ['fp_1'],
  devices: ['d_1'],
  addresses: [{ street: 'Hauptstraße 5', postal_code: '10115', country: 'DE' }],
};
const bob: Party = {
  id: 'bob',
  email: 'bob@acme.example',
  payments: ['fp_2'],
  devices: ['d_2'],
  addresses: [{ line_1: 'Elm Street 1', city: 'Leeds', country: 'GB' }],
};
const referral = (more: Partial<Referral> = {}): Referral => ({
  referee: bob,
  referrer: ada,
  likeOthers: [],
  boughtBefore: false,
  referredBefore: false,
  cycle: false,
  ...more,
});

describe('a referral', () => {
  test('of somebody else, who is new, passes', () => {
    expect(signalsOf(referral())).toEqual([]);
    expect(verdictOf([])).toBe('pass');
  });

  test.each<[string, Partial<Referral>, string[]]>([
    ['nobody who is known', { referrer: null }, ['no_referrer']],
    ['oneself', { referee: ada }, ['same_customer', 'same_email', 'same_payment', 'same_device', 'same_address']],
    ['oneself by another spelling', { referee: { ...bob, email: 'A.D.A+2@googlemail.com' } }, ['same_email']],
    ['who pays with the same card', { referee: { ...bob, payments: ['fp_9', 'fp_1'] } }, ['same_payment']],
    ['who has the same device', { referee: { ...bob, devices: ['d_1'] } }, ['same_device']],
    [
      'who lives at the same address, written otherwise',
      { referee: { ...bob, addresses: [{ line_1: 'HAUPTSTR. 5', zip: '10115', country_code: 'de' }] } },
      ['same_address'],
    ],
    ['who was seen before under another name', { likeOthers: ['same_email'] }, ['same_email']],
    ['who bought before', { boughtBefore: true }, ['existing_customer']],
    ['whom somebody else referred', { referredBefore: true }, ['referred_before']],
    ['who referred them', { cycle: true }, ['cycle']],
  ])('of %s is noticed', (_who, more, signals) => {
    expect(signalsOf(referral(more))).toEqual(signals);
  });

  test('is for people to decide where all that speaks against it is', () => {
    expect(verdictOf(['same_address'])).toBe('review');
    expect(verdictOf(['same_device', 'same_address'])).toBe('review');
    expect(verdictOf(['same_device', 'same_payment'])).toBe('fail');
    expect(verdictOf(['same_payment'], ['same_payment'])).toBe('review');
    expect(verdictOf(['same_device'], [])).toBe('fail');
  });

  test('too little of an address says nothing', () => {
    const poor = { ...bob, addresses: [{ country: 'DE' }] };
    expect(signalsOf(referral({ referee: poor, referrer: { ...ada, addresses: [{ country: 'DE' }] } }))).toEqual([]);
  });

  test('is told of by the customer and by the event', () => {
    const customer = { id: 'bob', email: null, address: { line_1: 'Elm Street 1' }, metadata: { payment_fingerprint: 'fp_1' } };
    expect(partyOf(customer, { payment_fingerprints: ['fp_2', 3], device_id: 'd', shipping_address: 'Elm Street 2, Leeds' })).toEqual({
      id: 'bob',
      email: null,
      payments: ['fp_1', 'fp_2'],
      devices: ['d'],
      addresses: [{ line_1: 'Elm Street 1' }, 'Elm Street 2, Leeds'],
    });
  });
});
