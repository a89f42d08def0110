/** What Couponry alone may say: a sender that could say it would end journeys with redemptions that never were. */
const OWN = /^(voucher|redemption|journey|message|coupon|webhook)\./;

/** Why this cannot be the name of an event that comes from outside, or null. */
export const eventTypeProblem = (type: string): string | null => {
  if (!/^[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,99}$/.test(type)) return 'is 1 to 100 letters, digits, spaces and . _ : / -';
  return OWN.test(type) ? `is an event that only Couponry itself records` : null;
};
