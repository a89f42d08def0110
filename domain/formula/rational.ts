/** Exact numbers for formulas, since they reckon with money. Always in lowest terms, the denominator above 0. */
export interface Rational {
  n: bigint;
  d: bigint;
}

/** Numbers of more digits come of formulas that are meant to be slow, not of money. */
const MOST_DIGITS = 60;
const LARGEST = 10n ** BigInt(MOST_DIGITS);

/** A formula has no value for this order: something is missing, or is not what it would have to be. */
export class NoValue extends Error {
  override readonly name = 'NoValue';
}

const gcd = (a: bigint, b: bigint): bigint => {
  while (b !== 0n) [a, b] = [b, a % b];
  return a < 0n ? -a : a;
};

/** @throws NoValue where it is no number, or one of very many digits */
export const ratio = (n: bigint, d = 1n): Rational => {
  if (d === 0n) throw new NoValue('divides by 0');
  const by = gcd(n, d) * (d < 0n ? -1n : 1n);
  const reduced = { n: n / by, d: d / by };
  if (reduced.n > LARGEST || reduced.n < -LARGEST || reduced.d > LARGEST) throw new NoValue('is too large, or too fine');
  return reduced;
};

/** A number as it is written in JSON: 0.1 is a tenth. @throws NoValue */
export const rationalOf = (value: number): Rational => {
  if (!Number.isFinite(value)) throw new NoValue('is not a number');
  const [digits = '0', power = '0'] = String(value).split('e');
  const [whole = '0', decimals = ''] = digits.split('.');
  const exponent = Number(power) - decimals.length;
  if (Math.abs(exponent) > MOST_DIGITS) throw new NoValue('is too large, or too fine');
  const n = BigInt(whole + decimals);
  return exponent >= 0 ? ratio(n * 10n ** BigInt(exponent)) : ratio(n, 10n ** BigInt(-exponent));
};

/** Minor units as formulas see them: in major ones. */
export const inMajor = (amount: number, exponent: number): Rational => ratio(BigInt(amount), 10n ** BigInt(exponent));

export const add = (a: Rational, b: Rational): Rational => ratio(a.n * b.d + b.n * a.d, a.d * b.d);
export const negate = (a: Rational): Rational => ({ n: -a.n, d: a.d });
export const multiply = (a: Rational, b: Rational): Rational => ratio(a.n * b.n, a.d * b.d);
export const divide = (a: Rational, b: Rational): Rational => ratio(a.n * b.d, a.d * b.n);
export const compare = (a: Rational, b: Rational): number => {
  const difference = a.n * b.d - b.n * a.d;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};

const floorDivide = (n: bigint, d: bigint): bigint => (n >= 0n ? n / d : -((-n + d - 1n) / d));

/** Down to so many decimals; below 0, to tens, hundreds and so on. @throws NoValue for very many */
export const floorTo = (a: Rational, decimals: number): Rational => {
  if (!Number.isInteger(decimals) || Math.abs(decimals) > 20) throw new NoValue('rounds to decimals from -20 to 20');
  const scale = 10n ** BigInt(Math.abs(decimals));
  return decimals >= 0 ? ratio(floorDivide(a.n * scale, a.d), scale) : ratio(floorDivide(a.n, a.d * scale) * scale);
};

export const ceilTo = (a: Rational, decimals: number): Rational => negate(floorTo(negate(a), decimals));

/** Half up, as money is rounded. */
export const roundTo = (a: Rational, decimals: number): Rational => {
  const half = decimals >= 0 ? ratio(1n, 2n * 10n ** BigInt(Math.min(decimals, 20))) : ratio(10n ** BigInt(Math.min(-decimals, 20)), 2n);
  return floorTo(add(a, half), decimals);
};

export const modulo = (a: Rational, b: Rational): Rational => add(a, negate(multiply(b, floorTo(divide(a, b), 0))));

const HIGHEST_POWER = 64;

export const power = (a: Rational, exponent: Rational): Rational => {
  if (exponent.d !== 1n || exponent.n < 0n || exponent.n > HIGHEST_POWER)
    throw new NoValue(`raises to whole powers from 0 to ${HIGHEST_POWER}`);
  let result = ratio(1n);
  for (let left = exponent.n; left > 0n; left--) result = multiply(result, a);
  return result;
};

/** @throws NoValue where a whole number of it is beyond 2^53 */
export const wholeOf = (a: Rational): number => {
  const whole = Number(roundTo(a, 0).n);
  if (!Number.isSafeInteger(whole)) throw new NoValue('is too large');
  return whole;
};
