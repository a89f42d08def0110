/** An interval of confidence, both ends included. */
export type Interval = [low: number, high: number];

/** The standard normal's quantile for an interval that holds 95 times of 100. */
const Z_95 = 1.959963984540054;
/** For 80 times of 100 that a difference which is there is found. */
const Z_POWER_80 = 0.8416212335729143;

/**
 * Wilson's score interval for a share of so many, without continuity correction (Wilson 1927). It stays within 0 and 1 and holds for
 * small numbers too, where the textbook's p ± z√(pq/n) does not.
 */
export const wilson = (successes: number, total: number, z = Z_95): Interval => {
  if (total === 0) return [0, 1];
  const rate = successes / total;
  const middle = 2 * total * rate + z * z;
  const width = z * Math.sqrt(z * z + 4 * total * rate * (1 - rate));
  const below = 2 * (total + z * z);
  return [successes === 0 ? 0 : (middle - width) / below, successes === total ? 1 : (middle + width) / below];
};

/**
 * Newcombe's hybrid score interval for the difference of two independent shares, the first less the second: method 10 of R. G. Newcombe,
 * "Interval estimation for the difference between independent proportions", Statistics in Medicine 17 (1998) 873–890.
 */
export const newcombe = (one: number, ofOne: number, other: number, ofOther: number, z = Z_95): Interval => {
  if (ofOne === 0 || ofOther === 0) return [-1, 1];
  const [p, q] = [one / ofOne, other / ofOther];
  const [low, high] = wilson(one, ofOne, z);
  const [otherLow, otherHigh] = wilson(other, ofOther, z);
  return [p - q - Math.hypot(p - low, otherHigh - q), p - q + Math.hypot(high - p, q - otherLow)];
};

/**
 * How many customers each of two groups needs, for a difference such as this to be found 80 times of 100 at a confidence of 95 %
 * (Fleiss, "Statistical Methods for Rates and Proportions", without continuity correction).
 * @param ratio how many are in the first group for each in the second
 * @returns the second group's size; null where there is no difference to find
 */
export const neededInSecond = (one: number, other: number, ratio: number): number | null => {
  const difference = one - other;
  if (difference === 0 || ratio <= 0) return null;
  const pooled = (ratio * one + other) / (1 + ratio);
  const byChance = Z_95 * Math.sqrt((1 + 1 / ratio) * pooled * (1 - pooled));
  const alternative = Z_POWER_80 * Math.sqrt((one * (1 - one)) / ratio + other * (1 - other));
  return Math.ceil(((byChance + alternative) / difference) ** 2);
};
