/** Amounts are whole numbers of a currency's minor unit, below 2^53. Arithmetic on them is exact, and rounds once, half up. */

/** How many decimals a currency's major unit has, where it is not 2 (ISO 4217, list one). */
const EXPONENTS: Record<string, number> = {
  ...Object.fromEntries('BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0])),
  ...Object.fromEntries('BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3])),
  CLF: 4,
  UYW: 4,
};

export const exponentOf = (currency: string): number => EXPONENTS[currency] ?? 2;

/** An amount as people read it: 11499 is `114.99` in USD, `11499` in JPY, `11.499` in KWD. */
export const inMajorUnits = (amount: number, currency: string): string => {
  const exponent = exponentOf(currency);
  const digits = String(Math.abs(amount)).padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  return `${amount < 0 ? '-' : ''}${whole}${exponent === 0 ? '' : `.${digits.slice(-exponent)}`}`;
};

/** A share of a whole, without the errors of floating point: 12.5 % is 125/1000. */
export interface Ratio {
  numerator: number;
  denominator: number;
}

/** Reads a percentage from its shortest decimal form, which is what was written in the JSON. */
export const ratioOfPercent = (percent: number): Ratio => {
  const { numerator, denominator } = ratioOf(percent);
  return { numerator, denominator: 100 * denominator };
};

/** Reads a decimal number, of which up to 6 decimals count, from its shortest form: 1.5 is 15/10. */
export const ratioOf = (value: number): Ratio => {
  if (Number.isInteger(value)) return { numerator: value, denominator: 1 };
  const [whole = '0', decimals = ''] = value.toFixed(Math.min(6, decimalsOf(value))).split('.');
  return { numerator: Number(whole + decimals), denominator: 10 ** decimals.length };
};

const decimalsOf = (value: number): number => {
  const [digits = '', power] = String(value).split('e-');
  return (digits.split('.')[1]?.length ?? 0) + Number(power ?? 0);
};

const WHOLE: Ratio = { numerator: 1, denominator: 1 };

/** That share of an amount, or of a part of it, rounded once, half up: 10 % of 11499 is 1150. */
export const shareOf = (amount: number, ratio: Ratio, part: Ratio = WHOLE): number => {
  const numerator = ratio.numerator * part.numerator;
  const denominator = ratio.denominator * part.denominator;
  const doubled = 2 * amount * numerator + denominator;
  if (doubled <= Number.MAX_SAFE_INTEGER) return (doubled - (doubled % (2 * denominator))) / (2 * denominator);
  const exact = BigInt(ratio.denominator) * BigInt(part.denominator);
  return Number((2n * BigInt(amount) * BigInt(ratio.numerator) * BigInt(part.numerator) + exact) / (2n * exact));
};

/**
 * Spreads an amount by weights: each gets its share rounded down, and what is left goes, one minor unit each, to the largest
 * remainders, the earlier one on a tie. The parts sum exactly to the amount; no part is above its weight where the amount is not
 * above their sum.
 */
export const spread = (amount: number, weights: readonly number[]): number[] => {
  if (weights.length === 1) return [amount];
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (amount === 0 || total === 0) return weights.map(() => 0);
  const parts = weights.map((weight, index) => ({ index, ...divide(amount, weight, total) }));
  let left = amount - parts.reduce((sum, part) => sum + part.quotient, 0);
  const shares = parts.map((part) => part.quotient);
  for (const part of parts.toSorted((a, b) => compare(b.remainder, a.remainder) || a.index - b.index)) {
    if (left-- <= 0) break;
    shares[part.index] = part.quotient + 1;
  }
  return shares;
};

/** Spreads an amount by weights where no part may be above its cap: what does not fit goes to the others by their weights. The amount is not above the sum of the caps. */
export const spreadWithin = (amount: number, weights: readonly number[], caps: readonly number[]): number[] => {
  const shares = weights.map(() => 0);
  let open = weights.map((_, index) => index).filter((index) => caps[index]! > 0 && weights[index]! > 0);
  let left = Math.min(
    amount,
    open.reduce((sum, index) => sum + caps[index]!, 0),
  );
  while (left > 0) {
    const parts = spread(
      left,
      open.map((index) => weights[index]!),
    );
    // What just fits stays as it is: to spread the rest anew would round it a second time.
    const full = open.filter((index, at) => parts[at]! > caps[index]!);
    if (full.length === 0) {
      open.forEach((index, at) => (shares[index] = parts[at]!));
      return shares;
    }
    for (const index of full) {
      shares[index] = caps[index]!;
      left -= caps[index]!;
    }
    open = open.filter((index) => !full.includes(index));
  }
  return shares;
};

const divide = (amount: number, weight: number, total: number): { quotient: number; remainder: number } => {
  const product = amount * weight;
  if (product <= Number.MAX_SAFE_INTEGER) return { quotient: (product - (product % total)) / total, remainder: product % total };
  const exact = BigInt(amount) * BigInt(weight);
  return { quotient: Number(exact / BigInt(total)), remainder: Number(exact % BigInt(total)) };
};

const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);
