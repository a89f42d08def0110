import { createHash } from 'node:crypto';

/** What speaks against a referral. */
export const REFERRAL_SIGNALS = [
  'no_referrer',
  'same_customer',
  'same_email',
  'same_payment',
  'same_device',
  'same_address',
  'existing_customer',
  'referred_before',
  'cycle',
] as const;

export type ReferralSignal = (typeof REFERRAL_SIGNALS)[number];

/** People share a home and a tablet, so these ask for a person's eye where nothing is said. */
const REVIEWED_SIGNALS: readonly ReferralSignal[] = ['same_device', 'same_address'];

/** What is known of one of the two, from their record and from the event that tells of the referral. */
export interface Party {
  id: string;
  email: string | null;
  payments: readonly string[];
  devices: readonly string[];
  /** Postal addresses, as they were told. */
  addresses: readonly (Readonly<Record<string, unknown>> | string)[];
}

/** Domains whose mailboxes are the same with and without dots, and under which name the domain goes. */
const DOTLESS: Record<string, string> = { 'gmail.com': 'gmail.com', 'googlemail.com': 'gmail.com' };
/** Domains that deliver `name+anything` to `name`. */
const PLUS = new Set([
  'gmail.com',
  'outlook.com',
  'hotmail.com',
  'live.com',
  'icloud.com',
  'me.com',
  'fastmail.com',
  'proton.me',
  'protonmail.com',
  'pm.me',
  'zoho.com',
]);
/** Yahoo's disposable addresses take a hyphen. */
const HYPHEN = new Set(['yahoo.com', 'ymail.com', 'rocketmail.com']);

/** The mailbox that an address means: without case, and without dots and aliases where its domain does not count them. */
export const mailbox = (email: string): string => {
  const plain = email.trim().toLowerCase();
  const at = plain.lastIndexOf('@');
  if (at < 1) return plain;
  const given = plain.slice(at + 1);
  const domain = DOTLESS[given] ?? given;
  let name = plain.slice(0, at);
  if (PLUS.has(domain)) name = name.split('+')[0] || name;
  if (HYPHEN.has(domain)) name = name.split('-')[0] || name;
  if (domain in DOTLESS) name = name.replaceAll('.', '') || name;
  return `${name}@${domain}`;
};

const words = (value: unknown): string =>
  String(value)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/\bstrasse\b|straße|str\./g, 'str')
    .replace(/[^\p{L}\p{N}]+/gu, '');

/** An address by its parts that say where, however they are written; null where too little is known to say that two are one. */
const place = (address: Readonly<Record<string, unknown>> | string): string | null => {
  if (typeof address === 'string') return address.trim().length >= 8 ? words(address) : null;
  const part = (...names: string[]): string =>
    words(names.map((name) => address[name]).find((value) => typeof value === 'string' && value !== '') ?? '');
  const street = part('line_1', 'line1', 'street', 'address1') + part('line_2', 'line2', 'address2');
  const town = part('postal_code', 'zip', 'postcode') || part('city');
  return street === '' || town === '' ? null : `${street} ${town} ${part('country', 'country_code')}`;
};

type Likeness = 'same_email' | 'same_payment' | 'same_device' | 'same_address';

/** By what somebody would be known again: SHA-256 (hex) of each trait, with what it is. */
export const marksOf = (party: Party): { like: Likeness; mark: string }[] => {
  const texts: [Likeness, string | null][] = [
    ['same_email', party.email === null || party.email === '' ? null : mailbox(party.email)],
    ...party.payments.map((each): [Likeness, string] => ['same_payment', each.trim()]),
    ...party.devices.map((each): [Likeness, string] => ['same_device', each.trim()]),
    ...party.addresses.map((each): [Likeness, string | null] => ['same_address', place(each)]),
  ];
  return texts.flatMap(([like, text]) =>
    text === null || text === '' ? [] : [{ like, mark: createHash('sha256').update(`${like} ${text}`).digest('hex') }],
  );
};

export interface Referral {
  referee: Party;
  /** null: nobody, or nobody who is known. */
  referrer: Party | null;
  /** Likenesses to others who took part in referrals before, as a referrer or referee. */
  likeOthers: readonly Likeness[];
  /** Whether the referee bought something before the referral. */
  boughtBefore: boolean;
  /** Whether somebody else referred them before. */
  referredBefore: boolean;
  /** Whether the referee, by some chain, referred the referrer. */
  cycle: boolean;
}

/** Everything that speaks against a referral. */
export const signalsOf = ({ referee, referrer, likeOthers, ...facts }: Referral): ReferralSignal[] => {
  if (referrer === null) return ['no_referrer'];
  const found = new Set<ReferralSignal>(likeOthers);
  if (referee.id === referrer.id) found.add('same_customer');
  const known = new Set(marksOf(referrer).map(({ mark }) => mark));
  for (const { like, mark } of marksOf(referee)) if (known.has(mark)) found.add(like);
  if (facts.boughtBefore) found.add('existing_customer');
  if (facts.referredBefore) found.add('referred_before');
  if (facts.cycle) found.add('cycle');
  return REFERRAL_SIGNALS.filter((signal) => found.has(signal));
};

export type Verdict = 'pass' | 'review' | 'fail';

/** One signal that is not for people to decide is a no. */
export const verdictOf = (signals: readonly ReferralSignal[], review: readonly ReferralSignal[] = REVIEWED_SIGNALS): Verdict => {
  if (signals.length === 0) return 'pass';
  return signals.every((signal) => review.includes(signal)) ? 'review' : 'fail';
};

const texts = (...values: unknown[]): string[] =>
  values.flat().filter((value): value is string => typeof value === 'string' && value !== '');

/** What of a customer, and of the event where it is theirs, tells who they are. */
export const partyOf = (
  customer: {
    id: string;
    email: string | null;
    address: Readonly<Record<string, unknown>> | null;
    metadata: Readonly<Record<string, unknown>>;
  },
  data: Readonly<Record<string, unknown>> = {},
): Party => {
  const all = [customer.metadata, data];
  const addresses = all.flatMap((each) => [each['address'], each['shipping_address'], each['billing_address']]);
  return {
    id: customer.id,
    email: customer.email,
    payments: all.flatMap((each) => texts(each['payment_fingerprint'], each['payment_fingerprints'])),
    devices: all.flatMap((each) => texts(each['device_id'], each['device_fingerprint'], each['device_fingerprints'])),
    addresses: [customer.address, ...addresses].filter(
      (each): each is Readonly<Record<string, unknown>> | string => typeof each === 'string' || (typeof each === 'object' && each !== null),
    ),
  };
};
