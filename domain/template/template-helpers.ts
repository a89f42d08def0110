/** Who reads: dates are in their zone and language, amounts in the project's currency. */
export interface Reader {
  locale: string;
  timezone: string;
  /** ISO 4217 */
  currency: string;
}

export interface TemplateHelper {
  arguments: number;
  description: string;
  format: (values: unknown[], reader: Reader) => string;
}

/** Formats are slow to make and few, so they are kept, up to a bound. */
const kept = <T>(limit: number) => {
  const known = new Map<string, T>();
  return (key: string, make: () => T): T => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = make();
    if (known.size >= limit) known.clear();
    known.set(key, made);
    return made;
  };
};

const dateFormats = kept<Intl.DateTimeFormat>(1000);
const numberFormats = kept<Intl.NumberFormat>(1000);

const formatDate = (value: unknown, style: Intl.DateTimeFormatOptions, { locale, timezone }: Reader): string => {
  const date = new Date(typeof value === 'string' || typeof value === 'number' ? value : Number.NaN);
  if (Number.isNaN(date.getTime())) throw new Error(`${quote(value)} is not a time`);
  const key = [locale, timezone, ...Object.keys(style)].join();
  return dateFormats(key, () => new Intl.DateTimeFormat(locale, { ...style, timeZone: timezone })).format(date);
};

const numberFormat = (locale: string, style: Intl.NumberFormatOptions): Intl.NumberFormat =>
  numberFormats([locale, ...Object.entries(style).flat()].join(), () => new Intl.NumberFormat(locale, style));

const quote = (value: unknown): string => JSON.stringify(value) ?? 'nothing';

const formatMoney = (value: unknown, { locale, currency }: Reader): string => {
  if (typeof value !== 'number') throw new Error(`${quote(value)} is not an amount`);
  const digits = numberFormat(locale, { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const minimumFractionDigits = value % 10 ** digits === 0 ? 0 : digits;
  return numberFormat(locale, { style: 'currency', currency, minimumFractionDigits }).format(value / 10 ** digits);
};

const formatDiscount = (value: unknown, reader: Reader): string => {
  const { type, percent_off, amount_off, fixed_amount } = (value ?? {}) as {
    type?: string;
    percent_off?: number;
    amount_off?: number;
    fixed_amount?: number;
  };
  if (type === 'PERCENT' && typeof percent_off === 'number')
    return numberFormat(reader.locale, { style: 'percent', maximumFractionDigits: 2 }).format(percent_off / 100);
  if (type === 'AMOUNT' && typeof amount_off === 'number') return formatMoney(amount_off, reader);
  if (type === 'FIXED' && typeof fixed_amount === 'number') return formatMoney(fixed_amount, reader);
  throw new Error(`${quote(value)} is not a discount of type PERCENT, AMOUNT or FIXED`);
};

/** What a template may call, besides if, unless, each and with. Amounts are in minor units, times in ISO 8601. */
export const TEMPLATE_HELPERS: Record<string, TemplateHelper> = {
  date: {
    arguments: 1,
    description: 'a day, such as Saturday 6 December 2025',
    format: ([value], reader) => formatDate(value, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }, reader),
  },
  short_date: {
    arguments: 1,
    description: 'a day in few letters, such as 6 Dec',
    format: ([value], reader) => formatDate(value, { day: 'numeric', month: 'short' }, reader),
  },
  time: {
    arguments: 1,
    description: 'a time of day with its zone, such as 09:00 CET',
    format: ([value], reader) => formatDate(value, { hour: 'numeric', minute: '2-digit', timeZoneName: 'short' }, reader),
  },
  money: { arguments: 1, description: 'an amount, such as $5', format: ([value], reader) => formatMoney(value, reader) },
  discount: {
    arguments: 1,
    description: 'what a coupon takes off, such as 10% or $5, or its fixed price',
    format: ([value], reader) => formatDiscount(value, reader),
  },
  default: {
    arguments: 2,
    description: 'the first value, or the second where there is none',
    format: ([value, otherwise]) => String(value === undefined || value === null || value === '' ? otherwise : value),
  },
};

const judged = kept<boolean>(1000);

const isAccepted = (what: keyof Reader, value: string): boolean =>
  judged(`${what} ${value}`, () => {
    try {
      if (what === 'currency') new Intl.NumberFormat('en', { style: 'currency', currency: value }).format(0);
      else new Intl.DateTimeFormat(what === 'locale' ? value : 'en', { timeZone: what === 'timezone' ? value : 'UTC' }).format(0);
      return true;
    } catch {
      return false;
    }
  });

/** A reader whom Intl accepts, whatever a CRM said about the customer. */
export const readerOf = (said: { [what in keyof Reader]?: unknown }, fallback: Reader): Reader => {
  const choose = (what: keyof Reader): string => {
    const value = said[what];
    return typeof value === 'string' && value !== '' && isAccepted(what, value) ? value : fallback[what];
  };
  return { locale: choose('locale'), timezone: choose('timezone'), currency: choose('currency') };
};
